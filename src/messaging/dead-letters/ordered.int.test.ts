import { OrderPlaced } from '#events'
import {
  defineReaction,
  discard,
  hold,
  listWaiting,
  redrive,
  restore,
  retire,
  retryNow,
  subscribe,
  Unrecoverable,
  type DeadLetterContext,
} from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'

let system: TestSystem
let context: DeadLetterContext
let broken = true
const strict = defineReaction({
  name: 'test.strict',
  on: OrderPlaced,
  ordered: true,
  handle({ streamVersion }) {
    if (broken && streamVersion === 2) throw new Unrecoverable('version 2 does not work')
  },
})

/** The versions that were committed, in that order; a handler may have run before and been rolled back. */
async function handled(): Promise<number[]> {
  const rows = await system.db.$queryRaw<{ version: number }[]>`
    SELECT e.stream_version AS version FROM handled_events d JOIN events e ON e.id = d.event_id
    ORDER BY min(d.handled_at) OVER (PARTITION BY d.xmin::text), version` // rows of one transaction are written by id
  return rows.map(({ version }) => version)
}

/** Version 1 is handled, 2 is a dead letter, 3 and 4 wait behind it. */
beforeEach(async () => {
  broken = true
  system = await testSystem([strict])
  context = { db: system.db, operator: 'ada' }
  const { data } = anOrderPlaced()
  await record(system, ...[1, 2, 3, 4].map(() => OrderPlaced(data)))
  await deadline('two wait', async () => (await system.db.delivery.count({ where: { state: 'blocked' } })) === 2)
  await deadline('one is dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 1)
  expect(await handled()).toEqual([1])
})
afterEach(() => system.close())

test('redriving what stands in the way runs the whole sequence', async () => {
  broken = false
  expect(await redrive(context, strict.name, { all: true })).toMatchObject({ outcome: 'done', sent: 1, handled: 1 })
  await deadline('all are handled', async () => (await handled()).length === 4)
  expect(await handled()).toEqual([1, 2, 3, 4])
})

test('discarding it lets the later ones go on', async () => {
  const result = await discard(context, strict.name, { all: true }, 'nobody needs it')
  expect(result).toMatchObject({ outcome: 'done', discarded: 1, released: 2 })
  await deadline('the others are handled', async () => (await handled()).length === 3)
  expect(await handled()).toEqual([1, 3, 4])
})

test('what was restored while others wait behind it is waited for again', async () => {
  await hold(context, strict.name, { all: true })
  expect(await discard(context, strict.name, { all: true }, 'nobody needs it')).toMatchObject({ released: 0 })
  await restore(context, strict.name, { all: true })
  await retryNow(context, strict.name, { all: true })
  await deadline('blocked again', async () => (await system.db.delivery.count({ where: { state: 'blocked' } })) === 2)
  expect(await listWaiting(system.db, strict.name)).toMatchObject([
    { state: 'blocked', behind: 'order.placed (2), dead', dueInMs: null },
    { state: 'blocked', behind: 'order.placed (2), dead' },
  ])
  broken = false
  await redrive(context, strict.name, { all: true })
  await deadline('all are handled', async () => (await handled()).length === 4)
  expect(await handled()).toEqual([1, 2, 3, 4])
})

test('a dead letter that is older than the subscription is handled when it is redriven', async () => {
  await retire(system, strict.name)
  await subscribe(system.db, [strict])
  broken = false
  expect(await redrive(context, strict.name, { all: true })).toMatchObject({ outcome: 'done', sent: 1, handled: 1 })
  expect(await handled()).toEqual([1, 2])
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'resolved', streamVersion: 2 }])
})
