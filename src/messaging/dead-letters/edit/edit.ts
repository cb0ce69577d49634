import { Prisma } from '#prisma'
import { CONTENT_TYPE, decodeEnvelope, encode, readData } from '../../cloud-event.ts'
import type { AnyEventType, RecordedEvent } from '../../define-event.ts'
import { UnreadableEvent } from '../../errors.ts'
import { change } from '../change.ts'
import { Refused, type DeadLetterContext } from '../operator-context.ts'
import { differences, type Difference } from './json-diff.ts'
import { asAction } from '../operator-actions.ts'
import { checkId, DEAD, HANDLED } from '../selector.ts'

/** A dead letter laid out for editing. */
export interface EditDraft {
  id: string
  reaction: string
  /** As the event store has it, or as it was edited last. */
  event: RecordedEvent
  editedAt: Date | null
  /** The event's data, which are edited, as pretty JSON. */
  text: string
}

/** An edit that fits its event type. */
export interface PlannedEdit {
  draft: EditDraft
  body: Buffer
  changes: Difference[]
}

/** What is asked of a reaction here. */
interface Edited {
  readonly name: string
  readonly on: readonly AnyEventType[]
  readonly ordered: boolean
  readonly fromStream: boolean
}

/** @throws Refused when it is not dead, or cannot be edited */
export async function draftEdit(
  { db }: Pick<DeadLetterContext, 'db'>,
  reaction: Edited,
  id: string,
): Promise<EditDraft> {
  checkId(id)
  if (reaction.ordered) {
    throw new Refused(
      `${reaction.name} is ordered: it handles events as they stand in the event store, so an edit would change nothing. Repair the reaction and redrive, or discard.`,
    )
  }
  if (reaction.fromStream) {
    throw new Refused(
      `${reaction.name} goes by the whole stream of an event as it stands in the event store, so an edit would change nothing. Deploy the code that understands it and redrive, or discard.`,
    )
  }
  const row = await db.delivery.findFirst({ where: { id, reaction: reaction.name } })
  if (!row) throw new Refused(`${reaction.name} has no dead letter ${id}.`)
  if (row.state !== 'dead') throw new Refused(`${id} is ${row.state}; only dead letters are edited.`)
  const stored = row.eventId && (await db.event.findUnique({ where: { id: row.eventId } }))
  if (!stored)
    throw new Refused(`The event store does not have the event of ${id}, so it cannot be delivered: only discard it.`)
  const { occurredAt: time, ...event } = stored
  const data = row.editedAt ? decodeEnvelope(Buffer.from(row.body!), CONTENT_TYPE).data : event.data
  const text = `${JSON.stringify(data, null, 2)}\n`
  return { id, reaction: row.reaction, event: { ...event, time, data }, editedAt: row.editedAt, text }
}

/**
 * Checks what has become of the text against the event type, as the reaction knows it.
 * @throws UnreadableEvent saying what does not fit
 * @throws Refused when nothing is different
 */
export function planEdit(draft: EditDraft, text: string, reaction: Edited): PlannedEdit {
  const data = parse(text)
  const changes = differences(draft.event.data, data)
  if (changes.length === 0) throw new Refused('Nothing is different. To send it as it is, redrive it.')
  const body = encode(draft.event, JSON.stringify(data))
  readData(decodeEnvelope(body, CONTENT_TYPE), new Map(reaction.on.map((type) => [type.type, type])))
  return { draft, body, changes }
}

/**
 * Puts edited data in place of the event as it is stored, for this one reaction: the same event, under the same id and the
 * same idempotency key of its call. It stays dead; redrive sends it.
 * @throws Refused when it is not dead any more, was edited by somebody else, or its event was handled meanwhile
 */
export async function commitEdit(
  context: DeadLetterContext,
  { draft, body, changes }: PlannedEdit,
  reason?: string,
): Promise<{ actionId: string }> {
  const { id, reaction, editedAt } = draft
  const action = { action: 'edit' as const, reaction, selector: { ids: [id] }, reason }
  return asAction(context, action, async (mark) => {
    const edit = {
      reaction,
      where: Prisma.sql`d.id = ${id}::uuid AND ${DEAD} AND NOT ${HANDLED}
        AND d.edited_at IS NOT DISTINCT FROM ${editedAt}::timestamptz`,
      set: Prisma.sql`body = ${body}::bytea, content_type = ${CONTENT_TYPE}, edited_at = clock_timestamp(),
        action_id = ${mark.actionId}::uuid`,
      what: 'edited' as const,
    }
    const { changed } = await change(context.db, edit, mark)
    if (changed === 0)
      throw new Refused(`${id} was edited by somebody else, handled, or closed meanwhile; nothing was changed.`)
    return { outcome: 'done' as const, changed: changes.map(({ pointer }) => pointer) }
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UnreadableEvent('invalid-json', `This is not JSON: ${(cause as Error).message}`, { cause })
  }
}
