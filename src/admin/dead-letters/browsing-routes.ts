import { z } from 'zod'
import {
  describeDelivery,
  describeGroups,
  listLetters,
  listReactions,
  type DeliveryDetails,
  type DescribedGroup,
} from '#messaging'
import { standIn, defineRoute, pageLimit, Refusal, type Route } from '#http'
import { DeadLetterSummary, GroupList, LetterList, LetterView } from '../contract/index.ts'
import { Fingerprint, Id, ReactionName } from '../contract/words.ts'
import type { AdminNeeds } from '../needs.ts'
import { redact } from '../redact.ts'
import { asRefusal } from './as-refusal.ts'

export const tag = 'Dead letters'
export const ofReaction = z.strictObject({ reaction: ReactionName })

/** Dead letters by reaction, by cause and one by one. */
export function browsingRoutes({ db }: AdminNeeds): Route[] {
  const get = { method: 'get', tag, scope: 'admin' } as const
  return [
    defineRoute({
      ...get,
      path: '/v1/admin/dead-letters',
      operationId: 'summarizeDeadLetters',
      summary: 'Reactions with dead letters, the most first',
      replies: { 200: { description: 'By reaction', schema: DeadLetterSummary } },
      handle: async () => ({ status: 200, body: { reactions: asJson(await listReactions(db)) } }),
    }),
    defineRoute({
      ...get,
      path: '/v1/admin/dead-letters/{reaction}/groups',
      operationId: 'listDeadLetterGroups',
      summary: 'Dead letters of a reaction by cause, the largest group first, and what has changed since they failed',
      params: ofReaction,
      example: { params: { reaction: 'notification.email-customer' } },
      replies: { 200: { description: 'At most 100 groups', schema: GroupList } },
      handle: async ({ params }) => {
        const groups = await describeGroups(db, params.reaction)
        return { status: 200, body: { groups: groups.map(toGroup) } }
      },
    }),
    defineRoute({
      ...get,
      path: '/v1/admin/dead-letters/{reaction}/letters',
      operationId: 'listDeadLetters',
      summary: 'Dead letters of a reaction, those that failed last first',
      params: ofReaction,
      query: z.strictObject({
        group: Fingerprint.optional(),
        cursor: z
          .string()
          .regex(/^\d{1,15}_[0-9a-f-]{36}$/, 'must be `next` of an earlier answer')
          .optional()
          .meta({ examples: ['1763762400000_01928c1e-6f3a-7c11-8a52-0242ac120002'] }),
        limit: pageLimit,
      }),
      example: { params: { reaction: 'notification.email-customer' }, query: { limit: 1 } },
      replies: { 200: { description: 'A page of them', schema: LetterList } },
      async handle({ params: { reaction }, query: { group, cursor, limit } }) {
        const letters = await listLetters(db, reaction, { group, after: readCursor(cursor), limit: limit + 1 })
        const page = letters.slice(0, limit)
        const last = letters.length > limit ? page.at(-1) : undefined
        const next = last ? `${last.failedAt.getTime()}_${last.id}` : null
        return { status: 200, body: { letters: asJson(page), next } }
      },
    }),
    defineRoute({
      ...get,
      path: '/v1/admin/dead-letters/{reaction}/letters/{id}',
      operationId: 'getDelivery',
      summary: 'One delivery, in whatever state: message, error, attempts and repairs',
      description: 'By its own id or its event’s. Personal data of the message are masked.',
      params: z.strictObject({ reaction: ReactionName, id: Id }),
      example: { params: { reaction: 'notification.email-customer', id: standIn('dead letter') } },
      replies: { 200: { description: 'The delivery', schema: LetterView } },
      refusals: { 404: 'delivery-not-found' },
      async handle({ params: { reaction, id } }) {
        const details = await describeDelivery(db, reaction, { id }).catch(asRefusal('not-found', 'delivery-not-found'))
        return { status: 200, body: toView(details) }
      },
    }),
  ]
}

function readCursor(cursor: string | undefined) {
  if (cursor === undefined) return undefined
  const [ms, id] = cursor.split('_') as [string, string]
  if (!z.uuid().safeParse(id).success) throw new Refusal('invalid', 'invalid-cursor', 'The cursor names no delivery.')
  return { failedAt: new Date(Number(ms)), id }
}

type AsJson<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: AsJson<T[Key]> } : T

/** Moments as text, as `JSON.stringify` writes them. */
const asJson = <T>(value: T) => value as AsJson<T>

const toGroup = ({ running, ...group }: DescribedGroup) => ({
  ...asJson(group),
  running: running.map(({ release, since }) => ({ release, since: since.toISOString() })),
})

function toView({ body, json, standing, stack, headers: _, ...details }: DeliveryDetails) {
  const { message, masked } = redact(json ?? body)
  const { id, reaction, state, reason, eventId, eventType, stream, streamVersion, correlationId } = details
  const { attempts, errorName, errorMessage, fingerprint, failedAt, dueAt, instance, editedAt, history, dead } = details
  const about = { id, reaction, state, reason, eventId, eventType, stream, streamVersion, correlationId }
  const failure = { attempts, errorName, errorMessage, stack, fingerprint, failedAt, dueAt, instance, editedAt }
  return { ...about, ...failure, standing: standing.kind, message, masked, history, dead }
}
