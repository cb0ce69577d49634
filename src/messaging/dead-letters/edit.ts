import type pg from 'pg'
import { Prisma } from '#prisma'
import { uuidv7 } from '#platform/uuid'
import { CONTENT_TYPE, decodeEnvelope, readData, type Envelope } from '../cloud-event.ts'
import { UnreadableEvent } from '../errors.ts'
import type { Reaction } from '../reactions/define-reaction.ts'
import { query } from './claim.ts'
import { Refused, type DeadLetterContext } from './context.ts'
import { differences, type Difference } from './json-diff.ts'
import { beginAction, finishAction } from './operator-actions.ts'
import { asOnlyOperator } from './operator-lock.ts'

/** A dead letter laid out for editing. */
export interface EditDraft {
  id: string
  reaction: string
  eventId: string | null
  /** `data`: the event's data are edited. `message`: the whole body, because its envelope cannot be read. */
  part: 'data' | 'message'
  /** What is edited, as text; pretty JSON where it is JSON. */
  text: string
  body: Buffer
  contentType: string | null
}

/** An edit that fits its event type. */
export interface PlannedEdit {
  draft: EditDraft
  /** The event's new id: another message body must not share the idempotency key of calls already made. */
  eventId: string
  envelope: Envelope
  body: Buffer
  changes: Difference[]
}

type Edited = Pick<Reaction, 'name' | 'on' | 'ordered'>

/** @throws Refused when it is not open, or cannot be edited */
export async function draftEdit(
  { db }: Pick<DeadLetterContext, 'db'>,
  reaction: Edited,
  id: string,
): Promise<EditDraft> {
  if (reaction.ordered) {
    throw new Refused(
      `${reaction.name} is ordered: it handles events as they stand in the event store, so an edited copy would change nothing. Repair the reaction and redrive, or discard.`,
    )
  }
  const row = await db.deadLetter.findFirst({ where: { id, reaction: reaction.name } })
  if (!row) throw new Refused(`${reaction.name} has no dead letter ${id}.`)
  if (row.status !== 'open') throw new Refused(`Dead letter ${id} is ${row.status} already; only open ones are edited.`)
  const body = Buffer.from(row.body)
  const { eventId, contentType } = row
  const draft = { id, reaction: row.reaction, eventId, body, contentType }
  try {
    const { data } = decodeEnvelope(body, contentType ?? undefined)
    return { ...draft, part: 'data', text: pretty(data) }
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    return { ...draft, part: 'message', text: prettyIfJson(body.toString('utf8')) }
  }
}

/**
 * Checks what has become of the text against the event type, as the reaction knows it.
 * @throws UnreadableEvent saying what does not fit
 * @throws Refused when nothing is different
 */
export function planEdit(draft: EditDraft, text: string, reaction: Edited): PlannedEdit {
  const eventId = uuidv7()
  const edited = parse(text)
  const before = parseOr(draft.text)
  const changes = differences(before, edited)
  if (changes.length === 0)
    throw new Refused('Nothing is different, so nothing is sent. To send it as it is, redrive it.')
  const whole = draft.part === 'data' ? { ...(parse(draft.body.toString('utf8')) as object), data: edited } : edited
  const isObject = typeof whole === 'object' && whole !== null && !Array.isArray(whole)
  const message = isObject ? { ...whole, id: eventId, ...(draft.eventId && { editof: draft.eventId }) } : whole
  const body = Buffer.from(JSON.stringify(message))
  const envelope = decodeEnvelope(body, CONTENT_TYPE)
  readData(envelope, new Map(reaction.on.map((type) => [type.type, type])))
  return { draft, eventId, envelope, body, changes }
}

export interface EditResult {
  actionId: string
  /** The dead letter that holds the edited copy, open: redrive sends it. */
  copyId: string
  eventId: string
}

/**
 * Replaces an open dead letter by its edited copy, in one transaction: the original becomes `edited` and can never be
 * sent again, the ledger counts its event as closed (attempt 0), and the copy stands open under its new event id.
 * @throws Refused when it is not open any more, or its event was handled meanwhile
 */
export async function commitEdit(context: DeadLetterContext, edit: PlannedEdit, reason?: string): Promise<EditResult> {
  const { id, reaction } = edit.draft
  const copyId = uuidv7()
  return asOnlyOperator(context, reaction, async (connection) => {
    const action = { operator: context.operator, action: 'edit' as const, reaction, selector: { ids: [id] }, reason }
    const actionId = await beginAction(context.db, action)
    await connection.query('BEGIN')
    try {
      await closeOriginal(connection, edit, actionId, `operator ${context.operator}`)
      await insertCopy(connection, edit, copyId)
      await connection.query('COMMIT')
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => {})
      await finishAction(context.db, actionId, action, 'failed', { why: (error as Error).message })
      throw error
    }
    const changed = edit.changes.map(({ pointer }) => pointer)
    await finishAction(context.db, actionId, action, 'done', { copyId, eventId: edit.eventId, changed })
    return { actionId, copyId, eventId: edit.eventId }
  })
}

async function closeOriginal(connection: pg.PoolClient, { draft }: PlannedEdit, actionId: string, instance: string) {
  const { id, reaction, eventId } = draft
  const closed = await query(
    connection,
    Prisma.sql`
      UPDATE dead_letters SET status = 'edited', closed_at = clock_timestamp(), action_id = ${actionId}::uuid
      WHERE id = ${id}::uuid AND status = 'open' RETURNING id`,
  )
  if (closed.length === 0) throw new Refused(`Dead letter ${id} is not open any more; nothing was changed.`)
  if (eventId === null) return
  const entered = await query(
    connection,
    Prisma.sql`
      INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
      VALUES (${eventId}::uuid, ${reaction}, clock_timestamp(), 0, 0, ${instance})
      ON CONFLICT DO NOTHING RETURNING event_id`,
  )
  if (entered.length === 0)
    throw new Refused(
      `The event of dead letter ${id} is handled already: redrive resolves it, an edit would run it twice.`,
    )
}

async function insertCopy(connection: pg.PoolClient, { draft, eventId, envelope, body }: PlannedEdit, copyId: string) {
  const { type, stream, streamVersion, correlationId } = envelope
  await query(
    connection,
    Prisma.sql`
      INSERT INTO dead_letters (id, reaction, event_id, event_type, stream, stream_version, correlation_id, reason, error_name,
        error_message, stack, fingerprint, attempts, first_failed_at, failed_at, instance, exchange, routing_key,
        content_type, headers, body, parent_id)
      SELECT ${copyId}::uuid, reaction, ${eventId}::uuid, ${type}, ${stream}, ${streamVersion}::int, ${correlationId}, reason,
        error_name, error_message, stack, fingerprint, attempts, first_failed_at, failed_at, instance, exchange, routing_key,
        ${CONTENT_TYPE}, headers, ${body}::bytea, id
      FROM dead_letters WHERE id = ${draft.id}::uuid`,
  )
}

const pretty = (value: unknown) => `${JSON.stringify(value ?? null, null, 2)}\n`

function prettyIfJson(text: string): string {
  const value = parseOr(text)
  return typeof value === 'object' ? pretty(value) : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UnreadableEvent('invalid-json', `This is not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** The JSON value, or the text itself where it is none. */
function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
