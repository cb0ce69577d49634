import fc from 'fast-check'
import pg from 'pg'
import { anOrderPlaced, testDatabase, type TestDatabase } from '#testing'
import type { OpenDatabase } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { append } from '../event-store/append.ts'
import { createGapReader } from './gap-reader.ts'
import { readEvents, runningAppenders, type StoredRow } from './read-events.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

/** A transaction that has appended one event and waits to be told how to end. */
interface OpenTransaction {
  appended: Promise<unknown>
  finish(commit: boolean): Promise<void>
}

class RolledBack extends Error {}

function beginAppending({ db }: OpenDatabase, orderId: string): OpenTransaction {
  let decide!: (commit: boolean) => void
  const decision = new Promise<boolean>((resolve) => (decide = resolve))
  let signalAppended!: () => void
  const appended = new Promise<void>((resolve) => (signalAppended = resolve))
  const transaction = db.$transaction(async (tx) => {
    await append(tx, [{ event: anOrderPlaced({ orderId }), correlationId: orderId }])
    signalAppended()
    if (!(await decision)) throw new RolledBack()
  })
  const ended = transaction.catch((error) => {
    if (!(error instanceof RolledBack)) throw error
  })
  return { appended: Promise.race([appended, ended]), finish: (commit) => (decide(commit), ended) }
}

/** Reads as the relay does, remembering what it published. */
function createReader({ db }: OpenDatabase, checkpoint = 0n) {
  const gaps = createGapReader()
  const published: StoredRow[] = []
  return {
    published,
    async look() {
      const { rows, snapshot } = await readEvents(db, checkpoint, 5)
      const reading = gaps.next(checkpoint, rows, snapshot)
      published.push(...reading.rows)
      checkpoint = reading.position
      if (reading.waiting) gaps.noteAppenders(await runningAppenders(db))
      return rows.length > 0
    },
  }
}

const positions = (rows: readonly StoredRow[]) => rows.map(({ position }) => Number(position))
const ORDERS = Array.from({ length: 3 }, (_, i) => `00000000-0000-7000-8000-00000000000${i}`)

test('a transaction that commits late is not skipped', async () => {
  const reader = createReader(database)
  const late = beginAppending(database, ORDERS[0]!)
  await late.appended
  const early = beginAppending(database, ORDERS[1]!)
  await early.appended
  await early.finish(true)
  await reader.look()
  expect(positions(reader.published)).toEqual([])
  await late.finish(true)
  await reader.look()
  expect(positions(reader.published)).toEqual([1, 2])
})

test('a rolled-back position holds nothing up, even while an unrelated write transaction stays open', async () => {
  const reader = createReader(database)
  const unrelated = new pg.Client({ connectionString: database.url })
  await unrelated.connect()
  await unrelated.query("BEGIN; INSERT INTO relay_leases (name, expires_at) VALUES ('other', now())")
  const failed = beginAppending(database, ORDERS[0]!)
  await failed.appended
  const fine = beginAppending(database, ORDERS[1]!)
  await fine.appended
  await fine.finish(true)
  await reader.look()
  await failed.finish(false)
  for (let i = 0; i < 3; i++) await reader.look()
  expect(positions(reader.published)).toEqual([2])
  await unrelated.end()
})

const step = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), order: fc.nat({ max: ORDERS.length - 1 }) }),
  fc.record({ kind: fc.constant('finish' as const), which: fc.nat({ max: 5 }), commit: fc.boolean() }),
  fc.record({ kind: fc.constant('look' as const) }),
)

test('whatever transactions interleave, commit late or roll back: every committed event is published once, streams in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const [start] = await database.db.$queryRaw<
        { position: bigint }[]
      >`SELECT nextval('events_position_seq') AS position`
      const reader = createReader(database, start!.position)
      const orders = ORDERS.map(() => uuidv7())
      const open: (OpenTransaction & { order: string })[] = []
      /** An append to a stream with an open append waits for it, so only the first of each stream can end. */
      const canEnd = () => open.filter(({ order }, index) => open.findIndex((other) => other.order === order) === index)
      const finish = async (transaction: OpenTransaction & { order: string }, commit: boolean) => {
        open.splice(open.indexOf(transaction), 1)
        await transaction.finish(commit)
        await open.find(({ order }) => order === transaction.order)?.appended
      }
      for (const each of steps) {
        if (each.kind === 'look') await reader.look()
        const ready = canEnd()
        if (each.kind === 'finish' && ready.length > 0) await finish(ready[each.which % ready.length]!, each.commit)
        if (each.kind !== 'begin' || open.length > 6) continue
        const order = orders[each.order]!
        if (open.filter((other) => other.order === order).length === 2) continue // which of two waiting goes first is PostgreSQL's choice
        const transaction = beginAppending(database, order)
        if (!open.some((other) => other.order === order)) await transaction.appended
        open.push({ ...transaction, order })
      }
      while (open.length > 0) await finish(canEnd()[0]!, open.length % 3 !== 0)
      for (let quiet = 0; quiet < 3;) quiet = (await reader.look()) ? 0 : quiet + 1
      const committed = await database.db.event.findMany({
        where: { position: { gt: start!.position } },
        orderBy: { position: 'asc' },
      })
      expect(positions(reader.published)).toEqual(committed.map(({ position }) => Number(position)))
      for (const order of orders) {
        const versions = reader.published
          .filter(({ stream }) => stream === `order-${order}`)
          .map(({ streamVersion }) => streamVersion)
        expect(versions).toEqual(versions.map((_, index) => index + 1))
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)
