// Two processes have the same event in hand, because the claim of the slow one ran out: it handles the event, the other gives it up.
import type { RecordedEvent } from '#messaging'
import { anOrderPlaced, deadline, record, testDatabase, type TestDatabase } from '#testing'
import { closeAnswered, closeHandled } from './close.ts'
import { deliverAgain } from './deliver-again.ts'
import { recordHandled } from './handled-events.ts'
import { recordFailures } from './record.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

const reaction = 'test.both'

const handle = (tx: Parameters<typeof recordHandled>[0], event: RecordedEvent) =>
  recordHandled(tx, reaction, 'slow', [{ event, attempt: 1, durationUs: 1 }])

const giveUp = (event: RecordedEvent) => {
  const next = { kind: 'dead', reason: 'unrecoverable' } as const
  return recordFailures(database.db, reaction, 'other', [{ event, attempt: 1, error: new Error('no'), next }])
}

const stateOf = async ({ id }: RecordedEvent) =>
  (await database.db.delivery.findFirst({ where: { reaction, eventId: id } }))?.state

async function aDelivery() {
  const [event] = await record(database, anOrderPlaced())
  await deliverAgain(database.db, reaction, { ids: [event!.id] }, { reason: 'lost', instance: 'test' })
  return event!
}

const someoneWaits = () =>
  deadline('someone waits for a lock', async () => {
    const [row] = await database.db.$queryRaw<[{ waits: boolean }]>`
      SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waits`
    return row.waits
  })

test('given up while it is being handled: the transaction that handles it resolves the dead letter', async () => {
  const event = await aDelivery()
  await database.db.$transaction(async (tx) => {
    await handle(tx, event)
    await giveUp(event)
    await closeHandled(tx, reaction, [event.id])
  })
  expect(await stateOf(event)).toBe('resolved')
})

test('given up in the moment of its commit: who gives it up resolves the dead letter', async () => {
  const event = await aDelivery()
  let givenUp: Promise<unknown>
  await database.db.$transaction(async (tx) => {
    await handle(tx, event)
    await closeHandled(tx, reaction, [event.id])
    givenUp = giveUp(event)
    await someoneWaits()
  })
  await givenUp!
  expect(await stateOf(event)).toBe('resolved')
})

test('given up while a message of the broker is being handled, which asks for no delivery: reconciliation resolves it', async () => {
  const [event] = await record(database, anOrderPlaced())
  await database.db.$transaction(async (tx) => {
    await handle(tx, event!)
    await giveUp(event!)
  })
  expect(await stateOf(event!)).toBe('dead')
  await closeAnswered(database.db, reaction)
  expect(await stateOf(event!)).toBe('resolved')
})

test('a dead letter whose event was not handled stays', async () => {
  const event = await aDelivery()
  await giveUp(event)
  await closeHandled(database.db, reaction, [event.id])
  await closeAnswered(database.db, reaction)
  expect(await stateOf(event)).toBe('dead')
})
