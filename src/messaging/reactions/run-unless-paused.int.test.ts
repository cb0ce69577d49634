import {
  createWakeUp,
  defineReaction,
  findStuck,
  listPauses,
  pauseReaction,
  resumeReaction,
  retire,
  runUnlessPaused,
  subscribe,
} from '#messaging'
import { OrderPlaced } from '#events'
import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'

let system: TestSystem
const stops: (() => Promise<unknown>)[] = []
const logged: string[] = []

const sending = defineReaction({ name: 'test.sending', on: OrderPlaced, handle() {} })
const other = defineReaction({ name: 'test.other', on: OrderPlaced, handle() {} })

beforeAll(async () => {
  system = await testSystem([])
  await subscribe(system.db, [sending, other])
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await system.close()
})

async function startWorker() {
  const log = createLogger('test', 'warn', { write: (line: string) => void logged.push(line) })
  const runtime = { ...system, retryDelays: [50], log, instance: 'test', wakeUp: createWakeUp(system.pool), lookMs: 50 }
  const worker = await runUnlessPaused([sending, other], runtime)
  stops.push(worker.stop)
  return worker
}

const handledBy = (reaction: string) => system.db.handledEvent.count({ where: { reaction } })
const consumersOf = async (reaction: string) => {
  const queue = system.names.queue(reaction)
  return (await system.broker.sizes([queue])).get(queue)?.consumers ?? 0
}

it('holds what a paused reaction is owed, over a new process, and delivers it once resumed', async () => {
  const context = { db: system.db, operator: 'ada' }
  const asked = { reaction: sending.name, reason: 'the template is wrong' }
  const worker = await startWorker()
  await record(system, anOrderPlaced())
  await deadline('it works', async () => (await handledBy(sending.name)) === 1 && (await handledBy(other.name)) === 1)

  await pauseReaction(context, asked)
  await expect(pauseReaction(context, asked)).rejects.toThrow(/paused already/)
  await expect(pauseReaction(context, { reaction: 'test.nobody' })).rejects.toThrow(/No reaction test.nobody/)
  await deadline('nobody takes its messages', async () => (await consumersOf(sending.name)) === 0)
  await record(system, anOrderPlaced(), anOrderPlaced())
  await deadline('others go on', async () => (await handledBy(other.name)) === 3)
  const stuck = async () =>
    (await findStuck(system.db, { patienceMs: 0 })).filter(({ reaction }) => reaction === sending.name)
  expect(await stuck()).toMatchObject([{ kind: 'paused', conversations: 2 }])

  await worker.stop()
  await startWorker()
  expect(await consumersOf(sending.name)).toBe(0)
  expect(await handledBy(sending.name)).toBe(1)

  await resumeReaction(context, asked)
  await expect(resumeReaction(context, asked)).rejects.toThrow(/is not paused/)
  await deadline('it has caught up', async () => (await handledBy(sending.name)) === 3)
  const actions = await system.db.operatorAction.findMany({ where: { phase: 'finished', outcome: 'done' } })
  expect(actions).toMatchObject([
    { action: 'pause', operator: 'ada', reason: asked.reason },
    { action: 'resume', reaction: sending.name },
  ])
})

it('takes messages of a resumed reaction as soon as its queue is as it should be', async () => {
  const context = { db: system.db, operator: 'ada' }
  const queue = system.names.queue(sending.name)
  const strange = { name: queue, arguments: { 'x-queue-type': 'classic' } }
  await pauseReaction(context, { reaction: sending.name })
  await deadline('nobody takes its messages', async () => (await consumersOf(sending.name)) === 0)
  await system.broker.destroy({ queues: [strange], exchanges: [], bindings: [] })
  await deadline('another stands in its place', () =>
    system.broker.declare({ queues: [strange], exchanges: [], bindings: [] }).then(() => true),
  )
  await resumeReaction(context, { reaction: sending.name })
  await deadline('it is refused', () => logged.some((line) => line.includes('TopologyMismatch')))

  await system.broker.destroy({ queues: [strange], exchanges: [], bindings: [] })
  await deadline('it takes messages', async () => (await consumersOf(sending.name)) > 0)
})

it('forgets that a reaction was paused when it is retired', async () => {
  await pauseReaction({ db: system.db, operator: 'ada' }, { reaction: sending.name })
  await retire(system, sending.name)
  expect(await listPauses(system.db)).toEqual([])
})
