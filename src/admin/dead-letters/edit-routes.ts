import { z } from 'zod'
import { commitEdit, differences, draftEdit, planEdit, Refused, shownOf, undoEdit, UnreadableEvent } from '#messaging'
import type { EditDraft as Draft, PlannedEdit, Reaction } from '#messaging'
import { standIn, defineRoute, Refusal, type Route } from '#http'
import { Begun, CheckedEdit, Edit, EditCheck, EditDraft, UndoEdit } from '../contract/index.ts'
import { Id, ReactionName } from '../contract/words.ts'
import type { AdminNeeds } from '../needs.ts'
import { MaskMoved, redact, unmask } from '../redact.ts'
import { asRefusal } from './as-refusal.ts'
import { tag } from './browsing-routes.ts'

const PATH = '/v1/admin/dead-letters/{reaction}/letters/{id}'
const params = z.strictObject({ reaction: ReactionName, id: Id })
const refused = asRefusal('conflict', 'refused')
const letter = (what: string) => ({ reaction: 'notification.email-customer', id: standIn(what) })
const ofParcel = letter('dead letter of a parcel')
const customer = { name: '•••', email: 'grace@example.com' }
const data = { orderId: standIn('order'), carrier: 'Fanfare Post', trackingNumber: 'FPWAFJNCEM7BMBKGW9', customer }
const about = { tag, scope: 'admin', params } as const

/** Another content for one reaction: the same event, under the same id. It stays dead until it is redriven. */
export const editRoutes = (needs: AdminNeeds): Route[] => [
  drafting(needs),
  checking(needs),
  editing(needs),
  undoing(needs),
]

function drafting(needs: AdminNeeds): Route {
  return defineRoute({
    ...about,
    method: 'get',
    path: `${PATH}/draft`,
    operationId: 'draftEdit',
    summary: 'The data of a dead letter, to be edited',
    description: 'Refused for an ordered reaction and for one that reads the whole stream: for these the store counts.',
    example: { params: ofParcel },
    replies: { 200: { description: 'The data, without personal ones', schema: EditDraft } },
    refusals: { 409: 'refused' },
    async handle({ params: { reaction, id } }) {
      const { draft } = await draftOf(needs, reaction, id)
      const stored = await storedDataOf(needs, draft)
      const [data, before] = [shown(draft.event.data), shown(stored)]
      return {
        status: 200,
        body: {
          id,
          eventType: draft.event.type,
          data,
          stored: before,
          editedAt: draft.editedAt?.toISOString() ?? null,
          changes: differences(before, data),
        },
      }
    },
  })
}

function checking(needs: AdminNeeds): Route {
  return defineRoute({
    ...about,
    method: 'post',
    path: `${PATH}/check-edit`,
    operationId: 'checkEdit',
    summary: 'Whether edited data fit the event type, and what is different; nothing is changed',
    body: EditCheck,
    idempotency: 'again', // its answer says what the operator has typed
    example: { params: ofParcel, body: { data } },
    replies: { 200: { description: 'What an edit with these data would be', schema: CheckedEdit } },
    refusals: { 409: 'refused' },
    async handle({ params: { reaction, id }, body: { data } }) {
      const known = await draftOf(needs, reaction, id)
      const changes = differences(shown(known.draft.event.data), data)
      const problem = problemWith(() => planned(known, data))
      return { status: 200, body: { fits: problem === null, problem, changes } }
    },
  })
}

function editing(needs: AdminNeeds): Route {
  return defineRoute({
    ...about,
    method: 'post',
    path: `${PATH}/edit`,
    operationId: 'editDeadLetter',
    summary: 'Put edited data in place of the event, for this reaction alone',
    description: 'The letter stays dead: a redrive sends it, under the id of its event and the same idempotency key.',
    body: Edit,
    example: { params: ofParcel, body: { data, basedOn: null, reason: 'The address was wrong' } },
    replies: { 200: { description: 'It is edited', schema: Begun } },
    refusals: { 409: 'refused', 422: 'does-not-fit' },
    async handle({ params: { reaction, id }, body: { data, basedOn, reason }, caller }) {
      const known = await draftOf(needs, reaction, id)
      if ((known.draft.editedAt?.toISOString() ?? null) !== basedOn)
        throw new Refusal('conflict', 'refused', 'Somebody else has edited it since. Look again.')
      const problem = problemWith(() => planned(known, data))
      if (problem !== null) throw new Refusal('invalid', 'does-not-fit', problem)
      const context = { db: needs.db, operator: caller.actor }
      const { actionId } = await commitEdit(context, planned(known, data), reason).catch(refused)
      return { status: 200, body: { actionId } }
    },
  })
}

function undoing({ db }: AdminNeeds): Route {
  return defineRoute({
    ...about,
    method: 'post',
    path: `${PATH}/undo-edit`,
    operationId: 'undoEdit',
    summary: 'Take back what was edited and not sent: the event again as it is stored',
    body: UndoEdit,
    example: { params: letter('edited letter'), body: { reason: 'The address was right' } },
    replies: { 200: { description: 'It is as it was', schema: Begun } },
    refusals: { 409: 'refused' },
    async handle({ params: { reaction, id }, body: { reason }, caller }) {
      const context = { db, operator: caller.actor }
      const { actionId } = await undoEdit(context, { reaction, id, reason }).catch(refused)
      return { status: 200, body: { actionId } }
    },
  })
}

interface Known {
  draft: Draft
  reaction: Reaction
}

async function draftOf({ db, reactionCalled }: AdminNeeds, name: string, id: string): Promise<Known> {
  const reaction = await reactionCalled(name)
  if (!reaction)
    throw new Refusal('conflict', 'refused', `This release has no reaction ${name}, whose schema would be asked.`)
  return { reaction, draft: await draftEdit({ db }, reaction, id).catch(refused) }
}

/** An edit may have changed it in the letter, never in the store. */
async function storedDataOf({ db }: AdminNeeds, { event, editedAt }: Draft): Promise<unknown> {
  if (editedAt === null) return event.data
  return (await db.event.findUniqueOrThrow({ where: { id: event.id } })).data
}

const shown = (data: unknown) => redact(shownOf(data)).message

const planned = ({ draft, reaction }: Known, data: unknown): PlannedEdit =>
  planEdit(draft, JSON.stringify(unmask(data, draft.event.data)), reaction)

/** @returns why the data cannot be kept */
function problemWith(plan: () => unknown): string | null {
  try {
    plan()
    return null
  } catch (error) {
    const isOfData = error instanceof UnreadableEvent || error instanceof Refused || error instanceof MaskMoved
    if (isOfData) return error.message
    throw error
  }
}
