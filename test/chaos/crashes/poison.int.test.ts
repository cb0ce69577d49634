// A message that kills its process is poison after the third death, and takes no other message with it.
import { topologyOf } from '#messaging'
import { anOrderPlaced, deadline, record, requireTestService, testSystem, type TestSystem } from '#testing'
import { startProcess, type RunningProcess } from '../../../dev/processes/process.ts'
import { programOf } from '../world/processes.ts'

jest.setTimeout(120_000)

const REACTION = 'trial.fall-over'
const OTHERS = 20
const LADDER = [50, 200]

let system: TestSystem
let life: RunningProcess | undefined
beforeEach(async () => (system = await testSystem([])))
afterEach(async () => {
  await life?.stop()
  await system.broker.destroy(topologyOf(system.names, { name: REACTION, eventTypes: ['order.placed'] }))
  await system.close()
})

const startWorker = () =>
  startProcess({
    name: 'killing worker',
    ...programOf(['test/chaos/crashes/killing-reaction.ts'], {
      DATABASE_URL: system.url,
      RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
      REDIS_URL: requireTestService('TEST_REDIS_URL'),
      MESSAGING_NAMESPACE: system.names.queue(REACTION).slice(0, -REACTION.length - 1),
      RETRY_DELAYS: LADDER.join(','),
    }),
  })

it('is given up after three processes have died of it; all others are handled once', async () => {
  await system.db.subscription.create({ data: { reaction: REACTION, eventType: 'order.placed', since: 0n } })
  const killer = { name: 'Killer', email: 'killer@example.com' }
  const orders = [...Array.from({ length: OTHERS }, () => anOrderPlaced()), anOrderPlaced({ customer: killer })]
  await record(system, ...orders)
  let deaths = 0
  const isOver = async () =>
    (await system.db.delivery.count({ where: { state: 'dead' } })) === 1 &&
    (await system.db.handledEvent.count()) === OTHERS
  await deadline(
    'one given up, the others handled',
    async () => {
      if (life && !life.isRunning) {
        expect(await life.exited).toEqual({ code: null, signal: 'SIGKILL' })
        deaths++
      }
      if (!life?.isRunning) life = startWorker()
      return isOver()
    },
    { within: 100_000, every: 50 },
  )
  expect(deaths).toBe(3)
  expect(await system.db.delivery.findMany({ select: { reason: true, reaction: true } })).toEqual([
    { reason: 'poison', reaction: REACTION },
  ])
})
