import { sealAs, type Marks } from '#platform/sealing'
import { Prisma } from '#prisma'
import { CONTENT_TYPE, decodeEnvelope, encode, readData } from '../../cloud-event.ts'
import type { AnyEventType, RecordedEvent } from '../../define-event.ts'
import { UnreadableEvent } from '../../errors.ts'
import { openedEvents } from '../../event-store/personal.ts'
import { SEALED, shownOf } from '../../personal-marks.ts'
import { change } from '../change.ts'
import { Refused, type DeadLetterContext } from '../operator-context.ts'
import { differences, type Difference } from './json-diff.ts'
import { asAction } from '../operator-actions.ts'
import { checkId, DEAD, HANDLED } from '../selector.ts'

/** A dead letter laid out for editing. */
export interface EditDraft {
  id: string
  reaction: string
  /** As the event store has it, or as it was edited last; its personal data as the operator may see them. */
  event: RecordedEvent
  /** The same with its personal data, which are sealed again when the edit is committed. */
  opened: RecordedEvent
  editedAt: Date | null
  /** The event's data, which are edited, as pretty JSON. */
  text: string
}

/** An edit that fits its event type. */
export interface PlannedEdit {
  draft: EditDraft
  /** With personal data. */
  data: unknown
  marks: Marks | undefined
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
  { personal = false }: { personal?: boolean | undefined } = {},
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
  const [first] = await openedEvents(db, [{ ...event, time, data }])
  const { withheld: _, ...opened } = first!
  const seen = { ...opened, data: personal ? opened.data : shownOf(data) }
  const text = `${JSON.stringify(seen.data, null, 2)}\n`
  return { id, reaction: row.reaction, event: seen, opened, editedAt: row.editedAt, text }
}

/**
 * Checks what has become of the text against the event type, as the reaction knows it.
 * @throws UnreadableEvent saying what does not fit
 * @throws Refused when nothing is different
 */
export function planEdit(draft: EditDraft, text: string, reaction: Edited): PlannedEdit {
  const edited = parse(text)
  const changes = differences(draft.event.data, edited)
  const marks = reaction.on.find(({ type }) => type === draft.event.type)?.marks()
  const data = marks ? withUnseen(edited, draft.opened.data, marks) : edited
  if (differences(draft.opened.data, data).length === 0)
    throw new Refused('Nothing is different. To send it as it is, redrive it.')
  const body = encode(draft.opened, JSON.stringify(data))
  readData(decodeEnvelope(body, CONTENT_TYPE), new Map(reaction.on.map((type) => [type.type, type])))
  return { draft, data, marks, changes }
}

/** What the operator did not see, and left as it was, stays as it is. */
function withUnseen(edited: unknown, opened: unknown, marks: Marks): unknown {
  if (!isDocument(edited) || !isDocument(opened)) return edited
  const members = Object.entries(edited).map(([member, value]) => {
    const mark = marks[member]
    if (typeof mark === 'string') return [member, value === mark ? (opened[member] ?? value) : value]
    return [member, mark ? withUnseen(value, opened[member], mark) : value]
  })
  return Object.fromEntries(members)
}

const isDocument = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** As it may lie in a table. @throws Refused when its person was forgotten meanwhile */
async function sealed(db: DeadLetterContext['db'], { draft, data, marks }: PlannedEdit): Promise<Buffer> {
  const { opened } = draft
  if (!opened.personal || !marks || !isDocument(data)) return encode(opened, JSON.stringify(data))
  const document = { document: data, marks, boundTo: opened.stream }
  const { shown, sealed } = await sealAs(db, opened.personal.person, document).catch((cause: Error) => {
    throw new Refused(cause.message, { cause })
  })
  return encode(opened, JSON.stringify({ ...shown, [SEALED]: sealed }))
}

/**
 * Puts edited data in place of the event as it is stored, for this one reaction: the same event, under the same id and the
 * same idempotency key of its call. It stays dead; redrive sends it.
 * @throws Refused when it is not dead any more, was edited by somebody else, or its event was handled meanwhile
 */
export async function commitEdit(
  context: DeadLetterContext,
  planned: PlannedEdit,
  reason?: string,
): Promise<{ actionId: string }> {
  const { draft, changes } = planned
  const { id, reaction, editedAt } = draft
  const body = await sealed(context.db, planned)
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
