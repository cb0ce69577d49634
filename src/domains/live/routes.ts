import { z } from 'zod'
import { expectOwned } from '#domains/order'
import { PUBLIC_TYPES } from '#events'
import { TakenBack, UnreadableEvent, type Place } from '#messaging'
import { standIn, defineRoute, Refusal, wholeNumber, type Reply, type Route } from '#http'
import type { Database } from '#platform/database'
import type { Feed, Wanted } from './feed.ts'
import { follow } from './follow.ts'
import { fromMessageId, MESSAGE_ID, toMessageId } from './message-id.ts'

const since = z
  .string()
  .regex(MESSAGE_ID, 'must be the id of a message, or `next` of a page')
  .optional()
  .describe(
    'What was published after this: the id of a message, or `next` of a page. Left out: from now on; of an order, all',
  )
  .meta({ examples: ['1042-729ff1c9c74e'] })
const limit = wholeNumber(1, 1_000).default(100).describe('Events of one page')
const types = z
  .string()
  .max(1_000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(PUBLIC_TYPES as [string, ...string[]])))
  .optional()
  .describe('Which events, separated by commas. Left out: all')
  .meta({ examples: ['order.confirmed,order.shipped'] })

const PublicEventView = z
  .strictObject({
    id: z.uuid().describe('Of the event; webhooks send it as `webhook-id`'),
    type: z.string(),
    timestamp: z.iso.datetime(),
    orderId: z.uuid(),
    sequence: z.int().describe('Grows along an order'),
    test: z.boolean(),
    data: z.looseObject({}).describe('As docs/events says, without names and addresses'),
  })
  .meta({ id: 'PublicEvent' })

const EventPage = z
  .strictObject({
    events: z.array(PublicEventView).describe('In the order of publication'),
    next: z.string().describe('The `since` of the next page, also when this one is empty'),
    more: z.boolean().describe('There may be more at once'),
  })
  .meta({ id: 'EventPage' })

const tag = 'Events'
const scope = 'orders:read'
const DESCRIPTION =
  'With `Accept: text/event-stream` they come as Server-Sent Events, named by their types, with a heartbeat each 15 seconds: their id, sent as ' +
  '`Last-Event-ID`, is where the next connection goes on. Else it is a page of JSON. Names and addresses are not told; ask for the order. ' +
  'At least once: what has the same `id` is the same.'
const headers = [{ name: 'Last-Event-ID', description: 'The id of the last message that was received' }]
const replies = { 200: { description: 'A stream, or a page', schema: EventPage, isLive: true } }
const refusals = { 409: 'events-taken-back', 503: 'too-many-streams, event-not-readable-yet' }

/** Positions that one page looks at. */
const SPAN = 5_000
const BEGINNING: Place = { position: 0n }

/** What happens to the orders of a client, as it happens and page by page. */
export function eventRoutes({ db, feed }: { db: Database; feed: Feed }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/events',
      operationId: 'followEvents',
      summary: 'What happens to the orders of your client',
      description: DESCRIPTION,
      tag,
      scope,
      query: z.strictObject({ since, types, limit }),
      headers,
      example: { query: { since: '0', types: 'order.placed,order.shipped', limit: 2 } },
      replies,
      refusals,
      async handle({ query, caller: { clientId }, header }) {
        const wanted = { clientId, ...(query.types && { types: new Set(query.types) }) }
        return answer(feed, wanted, { ...query, ...lookOf(header) }, feed.present)
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}/events',
      operationId: 'followOrder',
      summary: 'What happens to one order, from its beginning',
      description: DESCRIPTION,
      tag,
      scope,
      params: z.strictObject({ id: z.uuid('must be the id of an order, a UUID').toLowerCase() }),
      query: z.strictObject({ since, limit }),
      headers,
      example: { params: { id: standIn('order') }, query: { limit: 2 } },
      replies,
      refusals: { ...refusals, 404: 'order-not-found', 410: 'order-deleted' },
      async handle({ params: { id: orderId }, query, caller, header }) {
        const { clientId } = await expectOwned(db, caller, orderId)
        return answer(feed, { clientId, orderId }, { ...query, ...lookOf(header) }, () => Promise.resolve(BEGINNING))
      },
    }),
  ]
}

interface Look {
  isLive: boolean
  /** Stands above `since`: a browser sends it when it connects again. */
  lastId: string | undefined
}

/** @throws Refusal for an id that is none of ours: whoever sends it has had messages, and would miss what came after them */
function lookOf(header: (name: string) => string | undefined): Look {
  const isLive = header('accept')?.includes('text/event-stream') ?? false
  const lastId = (isLive && header('last-event-id')) || undefined
  if (lastId === undefined || MESSAGE_ID.test(lastId)) return { isLive, lastId }
  const faults = [{ parameter: 'Last-Event-ID', detail: 'must be the id of a message' }]
  throw new Refusal('invalid', 'validation-failed', 'The header does not fit; see errors.', { faults })
}

type Asked = Look & { since?: string | undefined; limit: number }

async function answer(feed: Feed, wanted: Wanted, asked: Asked, beginning: () => Promise<Place>): Promise<Reply> {
  const id = asked.lastId ?? asked.since
  const given = id === undefined ? undefined : fromMessageId(id)
  if (!asked.isLive) return page(feed, wanted, given ?? (await beginning()), asked.limit)
  const listener = await feed.join(wanted)
  if (!listener) throw tooMany()
  const fail = (error: unknown) => {
    listener.leave()
    return refuse(error)
  }
  const first = wanted.orderId === undefined ? listener.from : BEGINNING
  const after = given ? await feed.check(given).catch(fail) : first
  return { status: 200, live: (closed) => follow(feed, { wanted, listener, after }, closed) }
}

async function page(feed: Feed, wanted: Wanted, after: Place, limit: number): Promise<Reply> {
  const read = await feed.read(wanted, after, SPAN).catch(refuse)
  const events = read.events.slice(0, limit)
  const isCut = events.length < read.events.length
  const next = isCut ? events.at(-1)!.place : read.place
  const head = `"next":"${toMessageId(next)}","more":${isCut || read.isFull}`
  const text = `{"events":[${events.map(({ json }) => json).join(',')}],${head}}`
  return { status: 200, text: { type: 'application/json; charset=utf-8', text } }
}

function refuse(error: unknown): never {
  if (error instanceof TakenBack) throw takenBack(error)
  if (!(error instanceof UnreadableEvent)) throw error
  // A release that is rolled out publishes what the one before cannot read.
  const detail = 'The next event is of a newer release than the server that you asked. Ask again, from the same place.'
  throw new Refusal('unavailable', 'event-not-readable-yet', detail, { cause: error, retryAfterS: 10 })
}

const takenBack = (cause: TakenBack) =>
  new Refusal(
    'conflict',
    'events-taken-back',
    'What was published up to this was taken back: the database was restored, or has failed over without its last commits. Begin at an earlier id, and skip what you have had by its `id`.',
    { cause },
  )

const tooMany = () =>
  new Refusal(
    'unavailable',
    'too-many-streams',
    'This server has no room for another stream. Ask again, or page by page.',
    {
      retryAfterS: 5,
    },
  )
