import { isDatabaseOutage, isTransientConflict, type Database, type Transaction } from '#platform/database'
import { redactError } from '#platform/log/redact'
import { stillKnown, textsOf } from '#platform/sealing'
import { readData } from '../cloud-event.ts'
import type { RecordedEvent } from '../define-event.ts'
import { UnreadableEvent } from '../errors.ts'
import { openEvents, withheldEvents } from '../event-store/personal.ts'
import type { Projection } from './define-projection.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'
import type { Portion } from './read-store.ts'
import { inSchema } from './tables.ts'

/** The tables that events are applied to. */
export interface Target {
  db: Database
  schema: string
  /** Notes, as the last thing of the transaction, how far the tables have come. @returns false when they are somebody else's by now */
  move(tx: Transaction, from: bigint, to: bigint): Promise<boolean>
  /** What is written is rolled back in any case. */
  isTrial?: boolean
}

/** The tables have been taken over, replaced or paused meanwhile: nothing was written. */
export class Superseded extends Error {
  override name = 'Superseded'
}

/** Somebody was forgotten after their data were opened, and before anything of it was written: the events are opened again. */
class ForgottenMeanwhile extends Error {
  override name = 'ForgottenMeanwhile'
}

/** One event that a projection cannot take. All events before it are in its tables. */
export class NotApplied extends Error {
  override name = 'NotApplied'
  readonly position: bigint
  constructor({ type, id, position }: StoredRow, cause: Error) {
    super(`${type} ${id} at position ${position}: ${wordsOf(cause)}`, { cause })
    this.position = position
  }
}

/** PostgreSQL's own words, where it is PostgreSQL that complains. */
const wordsOf = ({ name, message }: Error) => /Message: `(.*)`/s.exec(message)?.[1] ?? `${name}: ${message}`

/** Milliseconds that one transaction may take: a batch of a rebuild is large. */
const TRANSACTION_MS = 120_000

/**
 * Applies what was read in one transaction. When that fails, each half is tried by itself, until the event is found that it
 * fails on; what comes before it is committed.
 * @throws Superseded; NotApplied; an UnreadableEvent of a newer version; an outage or a conflict as it is
 */
export async function applyPortion(projection: Projection, target: Target, portion: Portion): Promise<void> {
  return openedAgain(() => openAndApply(projection, target, portion))
}

async function openAndApply(projection: Projection, target: Target, portion: Portion): Promise<void> {
  const { after } = portion
  const { events, persons, unreadable } = await decode(projection, portion.rows, target.db)
  const batch = { rows: portion.rows, events, persons, after }
  if (!unreadable) return applyEvents(projection, target, { ...batch, upTo: portion.position })
  const rows = portion.rows.slice(0, events.length)
  const upTo = portion.rows[events.length]!.position - 1n
  if (rows.length > 0) await applyEvents(projection, target, { ...batch, rows, upTo: rows.at(-1)!.position })
  if (unreadable.reason === 'newer-version') throw unreadable
  throw new NotApplied(
    portion.rows.find(({ position }) => position > upTo)!,
    unreadable,
  )
}

async function openedAgain(work: () => Promise<void>): Promise<void> {
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ForgottenMeanwhile)) throw error
    }
}

interface Batch {
  rows: readonly StoredRow[]
  events: readonly RecordedEvent[]
  /** Whose data were opened for them. */
  persons: readonly string[]
  after: bigint
  upTo: bigint
}

async function applyEvents(projection: Projection, target: Target, batch: Batch): Promise<void> {
  const { rows, events, persons, after, upTo } = batch
  try {
    await commit(projection, target, batch)
  } catch (error) {
    if (error instanceof Superseded || error instanceof ForgottenMeanwhile) throw error
    if (isDatabaseOutage(error) || isTransientConflict(error)) throw error
    if (rows.length === 0) throw error
    if (rows.length === 1) throw new NotApplied(rows[0]!, redacted(error as Error, events[0]))
    const half = Math.ceil(rows.length / 2)
    const [first, rest] = [rows.slice(0, half), rows.slice(half)]
    const between = first.at(-1)!.position
    await applyEvents(projection, target, { rows: first, events: events.slice(0, half), persons, after, upTo: between })
    await applyEvents(projection, target, { rows: rest, events: events.slice(half), persons, after: between, upTo })
  }
}

/** An error may quote the event; it is stored as the reason why the projection stands still. */
function redacted(error: Error, event: RecordedEvent | undefined): Error {
  if (event?.personal) redactError(error, textsOf(event.data))
  return error
}

async function commit(projection: Projection, target: Target, batch: Batch): Promise<void> {
  await target.db.$transaction(
    async (tx) => {
      // What a crash takes back is applied again: tables and position go back together.
      await tx.$executeRaw`SET LOCAL synchronous_commit = off`
      await write(tx, projection, target, batch)
    },
    { timeout: TRANSACTION_MS },
  )
}

async function write(tx: Transaction, projection: Projection, target: Target, batch: Omit<Batch, 'rows'>) {
  const { schema, move, isTrial } = target
  const { events, persons, after, upTo } = batch
  if (persons.length > 0 && !isTrial && !(await stillKnown(tx, persons))) throw new ForgottenMeanwhile()
  if (events.length > 0) await inSchema(tx, schema, () => projection.apply(events as never, tx))
  if (!(await move(tx, after, upTo))) throw new Superseded(`${projection.name} is not ours any more`)
}

/** Applies what was read in a transaction that is under way; it cannot go on when this throws. */
export async function applyWithin(
  tx: Transaction,
  projection: Projection,
  target: Target,
  { after, rows, position }: Pick<Portion, 'after' | 'rows' | 'position'>,
): Promise<void> {
  await openedAgain(async () => {
    const { unreadable, ...opened } = await decode(projection, rows, tx)
    if (unreadable) throw unreadable
    await write(tx, projection, target, { ...opened, after, upTo: position })
  })
}

/** The events as their types say, up to the first that cannot be read. */
async function decode({ on, personalData }: Projection, rows: readonly StoredRow[], db: Database | Transaction) {
  const types = new Map(on.map((type) => [type.type, type]))
  const stored = rows.map(({ dataJson, position: _, ...row }) => ({ ...row, data: JSON.parse(dataJson) as unknown }))
  const opened = personalData ? await openEvents(db, stored) : withheldEvents(stored)
  const events: RecordedEvent[] = []
  const persons = new Set<string>()
  for (const one of opened) {
    try {
      if (one instanceof UnreadableEvent) throw one
      const { withheld, ...event } = one
      if (withheld) persons.add(event.personal!.person)
      events.push(readData(event, types))
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error
      return { events, persons: [...persons], unreadable: error }
    }
  }
  return { events, persons: [...persons], unreadable: undefined }
}
