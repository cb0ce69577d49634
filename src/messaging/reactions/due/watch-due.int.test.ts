import { setTimeout as wait } from 'node:timers/promises'
import { OrderPlaced } from '#events'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import { anOrderPlaced, deadline, record, testDatabase, type TestDatabase } from '#testing'
import type { Claimed } from '../../deliveries/claim.ts'
import { deliverAgain } from '../../deliveries/deliver-again.ts'
import { takeDueDeliveries, type DueDeliveries } from './due-deliveries.ts'

let database: TestDatabase
let running: DueDeliveries[]
let taken: { reaction: string; claimed: Claimed; at: number }[]
beforeEach(async () => {
  database = await testDatabase()
  running = []
  taken = []
})
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()))
  await database.close()
})

const NAMES = Array.from({ length: 10 }, (_, n) => `test.reaction-${n}`)

function start(reaction: string) {
  const due = takeDueDeliveries({
    db: database.db,
    reaction,
    on: [OrderPlaced],
    poisonAfter: 3,
    instance: 'test',
    log: createLogger('test', 'silent'),
    limit: 10,
    onDue: (claims) => taken.push(...claims.map((claimed) => ({ reaction, claimed, at: Date.now() }))),
  })
  running.push(due)
}

/** Statements of this process so far that have these words. */
function countStatements() {
  const asked = jest.spyOn(database.pool, 'query') as unknown as jest.SpyInstance<unknown, [{ text: string }]>
  return (words: string) => asked.mock.calls.filter(([{ text }]) => text.includes(words)).length
}

test('the reactions of a process share one look, and only who has something due claims', async () => {
  const count = countStatements()
  NAMES.forEach(start)
  await deadline('a third look', () => count('AS wanted(reaction') >= 3)
  expect(count('SKIP LOCKED')).toBe(NAMES.length) // each of them once, when it began
  const [event] = await record(database, anOrderPlaced())
  await deliverAgain(database.db, NAMES[4]!, { ids: [event!.id] }, { reason: 'lost', instance: 'another' })
  await deadline('taken', () => taken.length > 0)
  expect(taken).toMatchObject([{ reaction: NAMES[4], claimed: { eventId: event!.id } }])
  expect(count('SKIP LOCKED')).toBeLessThan(NAMES.length + 5) // with a claim of each at each look there would be twice as many
})

test('what another process has postponed is taken when it is due, whenever the looks are', async () => {
  NAMES.forEach(start)
  const [event] = await record(database, anOrderPlaced())
  const from = Date.now() + 2_000
  const rows = NAMES.map((reaction, n) => {
    const dueAt = new Date(from + 100 * n)
    return { id: uuidv7(), reaction, eventId: event!.id, state: 'retrying', reason: 'failed', dueAt }
  })
  await database.db.delivery.createMany({ data: rows })
  const statements = NAMES.map((_, n) => latenessOfStatement(from + 100 * n))
  await deadline('all are taken', () => taken.length === NAMES.length)
  const late = taken.map(({ reaction, at }) => at - (from + 100 * NAMES.indexOf(reaction)))
  expect(Math.min(...late)).toBeGreaterThanOrEqual(-5)
  const slowest = Math.max(...(await Promise.all(statements)))
  expect(Math.max(...late)).toBeLessThan(500 + 3 * slowest) // a busy machine makes both late; a look comes once a second
})

/** How long after its time an ordinary statement is answered that was to begin then. */
async function latenessOfStatement(due: number): Promise<number> {
  await wait(due - Date.now())
  await database.db.$queryRaw`SELECT 1`
  return Date.now() - due
}
