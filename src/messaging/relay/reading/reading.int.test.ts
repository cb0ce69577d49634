import fc from 'fast-check'
import { anOrderPlaced, endFirstPartition, named, record, testDatabase, type TestDatabase } from '#testing'
import type { OpenDatabase, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { append } from '../../event-store/append.ts'
import { makePartition } from '../../event-store/partitions/make-partitions.ts'
import { leastId, readPartitions } from '../../event-store/partitions/partitions.ts'
import { runningAppenders } from '../../event-store/reading/appenders.ts'
import { createGapReader } from '../../event-store/reading/gap-reader.ts'
import type { StoredRow } from '../../event-store/reading/stored-rows.ts'
import { readEvents } from './read-events.ts'

let database: TestDatabase
beforeEach(async () => (database = await testDatabase()))
afterEach(() => database.close())

class RolledBack extends Error {}

/** A transaction that has begun and goes on as it is told. */
interface OpenTransaction {
  tx: Transaction
  finish(commit: boolean): Promise<void>
}

async function begin({ db }: OpenDatabase): Promise<OpenTransaction> {
  let decide!: (commit: boolean) => void
  const decision = new Promise<boolean>((resolve) => (decide = resolve))
  let ended!: Promise<void>
  const tx = await new Promise<Transaction>((resolve) => {
    const transaction = db.$transaction(async (begun) => {
      resolve(begun)
      if (!(await decision)) throw new RolledBack()
    })
    ended = transaction.catch((error) => {
      if (!(error instanceof RolledBack)) throw error
    })
  })
  return { tx, finish: (commit) => (decide(commit), ended) }
}

/** One each: two new orders of one new customer would wait for each other's key. */
const customerOf = (orderId: string) => ({ ...named('Ada'), email: `${orderId}@example.com` })

const appendTo = (tx: Transaction, orderId: string) =>
  append(tx, [{ event: anOrderPlaced({ orderId, customer: customerOf(orderId) }), correlationId: orderId }])

/** Gives the transaction its id, as every handler does that writes before it publishes. */
const writeSomething = (tx: Transaction) => tx.$executeRaw`
  INSERT INTO relay_checkpoints (name) VALUES (gen_random_uuid()::text)`

async function beginAppending(database: OpenDatabase, orderId: string): Promise<OpenTransaction> {
  const transaction = await begin(database)
  await appendTo(transaction.tx, orderId)
  return transaction
}

/** Reads as the relay does, remembering what it published. */
function createReader({ db }: OpenDatabase, checkpoint = 0n) {
  const gaps = createGapReader()
  const published: StoredRow[] = []
  return {
    published,
    async look() {
      const { rows } = await readEvents(db, checkpoint, 5)
      const reading = gaps.next(checkpoint, rows)
      published.push(...reading.rows)
      checkpoint = reading.position
      if (reading.waitingMs !== undefined) gaps.noteAppenders(await runningAppenders(db))
    },
  }
}

const positions = (rows: readonly StoredRow[]) => rows.map(({ position }) => Number(position))
const ORDERS = Array.from({ length: 3 }, (_, i) => `00000000-0000-7000-8000-00000000000${i}`)

test('a transaction that commits late is not skipped', async () => {
  const reader = createReader(database)
  const late = await beginAppending(database, ORDERS[0]!)
  const early = await beginAppending(database, ORDERS[1]!)
  await early.finish(true)
  await reader.look()
  expect(positions(reader.published)).toEqual([])
  await late.finish(true)
  await reader.look()
  expect(positions(reader.published)).toEqual([1, 2])
})

test('a transaction that wrote before another began, and appended after it, does not hide the other', async () => {
  const reader = createReader(database)
  const elder = await begin(database)
  await writeSomething(elder.tx)
  const younger = await beginAppending(database, ORDERS[0]!)
  await appendTo(elder.tx, ORDERS[1]!)
  await elder.finish(true)
  for (let i = 0; i < 5; i++) await reader.look()
  expect(positions(reader.published)).toEqual([])
  await younger.finish(true)
  await reader.look()
  expect(positions(reader.published)).toEqual([1, 2])
})

test('a rolled-back position holds nothing up, even while an unrelated write transaction stays open', async () => {
  const reader = createReader(database)
  const unrelated = await begin(database)
  await writeSomething(unrelated.tx)
  const failed = await beginAppending(database, ORDERS[0]!)
  const fine = await beginAppending(database, ORDERS[1]!)
  await fine.finish(true)
  await reader.look()
  await failed.finish(false)
  for (let i = 0; i < 3; i++) await reader.look()
  expect(positions(reader.published)).toEqual([2])
  await unrelated.finish(true)
})

test('a read is bounded in bytes, and has one event at least', async () => {
  const lines = (megabytes: number) =>
    anOrderPlaced({ lines: [{ sku: 'MUG-01', name: 'x'.repeat(megabytes * 1024 * 1024), quantity: 1, unitPrice: 1 }] })
  await record(database, lines(9), lines(3), lines(3), lines(3), lines(3), anOrderPlaced())
  const read = async (after: bigint, limit = 1_000) => {
    const { rows, isFull, isCut } = await readEvents(database.db, after, limit)
    return { positions: positions(rows), isFull, isCut }
  }
  expect(await read(0n)).toEqual({ positions: [1], isFull: true, isCut: true })
  expect(await read(1n)).toEqual({ positions: [2, 3, 4], isFull: true, isCut: true })
  expect(await read(4n)).toEqual({ positions: [5, 6], isFull: false, isCut: false })
  expect(await read(4n, 2)).toEqual({ positions: [5, 6], isFull: true, isCut: false })
})

/** Many at once, with slow commits and rollbacks, while somebody reads. */
async function appendAndRead(reader: ReturnType<typeof createReader>) {
  const write = async (writer: number) => {
    for (let i = 0; i < 25; i++) {
      const { tx, finish } = await begin(database)
      if ((writer + i) % 2 === 0) await writeSomething(tx)
      if (i % 3 === 0) await tx.$executeRaw`SELECT pg_sleep(random() * 0.01)`
      await appendTo(tx, uuidv7())
      if (i % 4 === 0) await tx.$executeRaw`SELECT pg_sleep(random() * 0.01)`
      await finish((writer + i) % 7 !== 0)
    }
  }
  let writing = true
  const writers = Promise.all(Array.from({ length: 6 }, (_, writer) => write(writer))).finally(() => (writing = false))
  while (writing) await reader.look()
  await writers
}

test('many at once, with slow commits and rollbacks: every committed event is published once', async () => {
  const reader = createReader(database)
  await appendAndRead(reader)
  await expectAllPublished(reader, 0n)
})

test('partitions are attached, and rows moved into them, while many append: every committed event is published once', async () => {
  const { db } = database
  await endFirstPartition(database, new Date())
  const reader = createReader(database)
  const appending = appendAndRead(reader).then(() => (isOver = true))
  let isOver = false
  for (let n = 1; !isOver; n++) {
    const from = (await readPartitions(db)).at(-1)!.to
    await makePartition(db, { name: `part_${n}`, from, to: leastId(new Date(Date.now() + 100)) })
  }
  await appending
  const [used] = await db.$queryRaw<{ tables: bigint }[]>`SELECT count(DISTINCT tableoid) AS tables FROM events`
  expect(used!.tables).toBeGreaterThan(1n)
  await expectAllPublished(reader, 0n)
})

async function expectAllPublished(reader: ReturnType<typeof createReader>, after: bigint) {
  const committed = await database.db.event.findMany({
    where: { position: { gt: after } },
    orderBy: { position: 'asc' },
  })
  for (let looks = 0; looks < 3 * committed.length && reader.published.length < committed.length; looks++) {
    await reader.look()
  }
  expect(positions(reader.published)).toEqual(committed.map(({ position }) => Number(position)))
  for (const stream of new Set(committed.map((event) => event.stream))) {
    const versions = reader.published.filter((row) => row.stream === stream).map(({ streamVersion }) => streamVersion)
    expect(versions).toEqual(versions.map((_, index) => index + 1))
  }
}

/** What a transaction does, in order; its first write gives it its id. */
const script = fc.record({
  writes: fc.boolean(),
  appends: fc.array(
    fc.record({ order: fc.nat({ max: ORDERS.length - 1 }), savepoint: fc.constantFrom('none', 'kept', 'undone') }),
    { minLength: 1, maxLength: 2 },
  ),
  prepares: fc.boolean(),
  commits: fc.boolean(),
})
type Script = typeof script extends fc.Arbitrary<infer Each> ? Each : never

/** Runs scripts step by step, none of which waits for another: a stream is appended to by one of them at a time. */
function createWorld(canPrepare: boolean) {
  const orders = ORDERS.map(() => uuidv7())
  const holders = new Map<string, object>()

  async function* play({ writes, appends, prepares, commits }: Script): AsyncGenerator<void> {
    const me = {}
    const { tx, finish } = await begin(database)
    if (writes) await writeSomething(tx)
    for (const { order, savepoint } of appends) {
      yield
      const holder = holders.get(orders[order]!)
      const orderId = holder && holder !== me ? uuidv7() : orders[order]!
      if (savepoint !== 'none') await tx.$executeRaw`SAVEPOINT before`
      await appendTo(tx, orderId)
      if (savepoint === 'undone') await tx.$executeRaw`ROLLBACK TO before`
      else holders.set(orderId, me)
    }
    yield
    if (prepares && canPrepare) {
      const name = uuidv7()
      await tx.$executeRawUnsafe(`PREPARE TRANSACTION '${name}'`)
      await finish(true) // it has left its session, where there is nothing to commit now
      yield
      await database.db.$executeRawUnsafe(`${commits ? 'COMMIT' : 'ROLLBACK'} PREPARED '${name}'`)
    } else await finish(commits)
    for (const [order, holder] of holders) if (holder === me) holders.delete(order)
  }
  return { play }
}

test('whatever transactions interleave, and however they end: every committed event is published once, streams in order', async () => {
  const { db } = database
  const [limit] = await db.$queryRaw<{ max: string }[]>`SELECT current_setting('max_prepared_transactions') AS max`
  const scripts = fc.array(script, { minLength: 2, maxLength: 4, size: 'max' })
  /** Who is next: one of the scripts, a look (many of them), or a position that is drawn for nothing. */
  const turns = fc.array(fc.nat({ max: 9 }), { minLength: 5, maxLength: 30, size: 'max' })
  await fc.assert(
    fc.asyncProperty(scripts, turns, async (chosen, order) => {
      const [start] = await db.$queryRaw<{ position: bigint }[]>`SELECT nextval('events_position_seq') AS position`
      const reader = createReader(database, start!.position)
      const world = createWorld(Number(limit!.max) > 0)
      const playing = chosen.map((each) => world.play(each))
      for (const turn of order) {
        if (turn === 9) await db.$executeRaw`SELECT nextval('events_position_seq')`
        else if (turn > 4) await reader.look()
        else await playing[turn % playing.length]!.next()
      }
      for (const each of playing) while (!(await each.next()).done);
      await expectAllPublished(reader, start!.position)
    }),
    { numRuns: 60 },
  )
}, 120_000)
