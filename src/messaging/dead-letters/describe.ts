import type { Database } from '#platform/database'
import { readStory, type StoryEvent } from '../story.ts'
import { Refused } from './context.ts'

type Row = NonNullable<Awaited<ReturnType<Database['deadLetter']['findUnique']>>>

/** A dead letter in the line of its ancestors and successors: redriven and dead again, or edited. */
export interface Relative {
  id: string
  status: string
  failedAt: Date
  error: string
}

/** What the ledger says of a dead letter's event. */
export type LedgerVerdict =
  | { kind: 'already handled'; handledAt: Date; attempt: number; instance: string }
  /** An operator edited or discarded it. */
  | { kind: 'closed by an operator'; handledAt: Date; instance: string }
  | { kind: 'not handled' }
  /** The message could not be read far enough to know its event. */
  | { kind: 'unknown event' }

export interface DeadLetterDetails extends Omit<Row, 'body'> {
  /** The message as it came, as text. */
  body: string
  /** The body read as JSON, where it is. */
  json: unknown
  ledger: LedgerVerdict
  attemptsMade: { attempt: number; failedAt: Date; error: string; instance: string }[]
  /** Oldest first, this one included; one alone when it has neither ancestor nor successor. */
  line: Relative[]
  /** Of its order: every event and what each reaction did with it. Empty when the conversation is unknown. */
  story: StoryEvent[]
  /** Open dead letters of this reaction. */
  open: number
}

/**
 * Everything known of one dead letter.
 * @param id without it, the latest open one
 * @throws Refused when there is none
 */
export async function describeDeadLetter(db: Database, reaction: string, id?: string): Promise<DeadLetterDetails> {
  const row = id
    ? await db.deadLetter.findFirst({ where: { reaction, id } })
    : await db.deadLetter.findFirst({
        where: { reaction, status: 'open' },
        orderBy: [{ failedAt: 'desc' }, { id: 'desc' }],
      })
  if (!row) throw new Refused(id ? `${reaction} has no dead letter ${id}.` : `${reaction} has no open dead letter.`)
  const { body, ...rest } = row
  const text = Buffer.from(body).toString('utf8')
  const [ledger, attemptsMade, line, story, open] = await Promise.all([
    verdictOf(db, row),
    failuresOf(db, row),
    lineOf(db, row.id),
    row.correlationId === null ? [] : readStory(db, row.correlationId),
    db.deadLetter.count({ where: { reaction, status: 'open' } }),
  ])
  return { ...rest, body: text, json: parsed(text), ledger, attemptsMade, line, story, open }
}

async function verdictOf(db: Database, { reaction, eventId }: Row): Promise<LedgerVerdict> {
  if (eventId === null) return { kind: 'unknown event' }
  const delivery = await db.handledEvent.findUnique({ where: { eventId_reaction: { eventId, reaction } } })
  if (!delivery) return { kind: 'not handled' }
  const { handledAt, attempt, instance } = delivery
  return attempt === 0
    ? { kind: 'closed by an operator', handledAt, instance }
    : { kind: 'already handled', handledAt, attempt, instance }
}

async function failuresOf(db: Database, { reaction, eventId }: Row) {
  if (eventId === null) return []
  const failures = await db.deliveryFailure.findMany({ where: { reaction, eventId }, orderBy: { id: 'asc' } })
  return failures.map(({ attempt, failedAt, errorName, errorMessage, instance }) => ({
    attempt,
    failedAt,
    error: `${errorName}: ${errorMessage}`,
    instance,
  }))
}

function lineOf(db: Database, id: string): Promise<Relative[]> {
  return db.$queryRaw<Relative[]>`
    WITH RECURSIVE up AS (
      SELECT id, parent_id, 0 AS place FROM dead_letters WHERE id = ${id}::uuid
      UNION ALL SELECT p.id, p.parent_id, up.place - 1 FROM dead_letters p JOIN up ON p.id = up.parent_id
    ), down AS (
      SELECT id, 0 AS place FROM dead_letters WHERE id = ${id}::uuid
      UNION ALL SELECT c.id, down.place + 1 FROM dead_letters c JOIN down ON c.parent_id = down.id
    ), line AS (SELECT id, place FROM up UNION SELECT id, place FROM down)
    SELECT d.id::text AS id, d.status, d.failed_at AS "failedAt", d.error_name || ': ' || d.error_message AS error
    FROM line JOIN dead_letters d USING (id) ORDER BY place`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
