import { z } from 'zod'
import { Refusal, seesAll, type Caller } from '#http'
import { readRows, row, type Database } from '#platform/database'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { newSalt } from './secret.ts'

/** What a client says of an endpoint. */
export interface Wish {
  url: string
  description: string
  eventTypes: readonly string[]
  ordered: boolean
  personalData: boolean
  maxConcurrent: number
  maxPerSecond: number
}

export type Endpoint = z.infer<typeof EndpointRow>
const EndpointRow = row({
  id: z.string(),
  clientId: z.string(),
  client: z.string(),
  url: z.string(),
  description: z.string(),
  eventTypes: z.array(z.string()),
  ordered: z.boolean(),
  personalData: z.boolean(),
  maxConcurrent: z.int(),
  maxPerSecond: z.int(),
  salt: z.string(),
  previousSalt: z.string().nullable(),
  previousUntil: z.date().nullable(),
  disabledBecause: z.enum(['asked', 'gone', 'failing']).nullable(),
  disabledAt: z.date().nullable(),
  failingSince: z.date().nullable(),
  lastError: z.string().nullable(),
  lastDeliveredAt: z.date().nullable(),
  createdAt: z.date(),
  waiting: z.int(),
})

/** Those of one client, of one id, or all that do not work as they should. */
interface Wanted {
  clientId?: string
  id?: string
  inTrouble?: boolean
}

/** The oldest first. */
export function listEndpoints(db: Database, { clientId, id, inTrouble = false }: Wanted): Promise<Endpoint[]> {
  return readRows(db, EndpointRow)`
    SELECT w.id::text, w.client_id::text AS "clientId", c.name AS client, w.url, w.description, w.event_types AS "eventTypes",
      w.ordered, w.personal_data AS "personalData", w.max_concurrent AS "maxConcurrent", w.max_per_second AS "maxPerSecond",
      w.salt, w.previous_salt AS "previousSalt", w.previous_until AS "previousUntil",
      w.disabled_because AS "disabledBecause", w.disabled_at AS "disabledAt", w.failing_since AS "failingSince",
      w.last_error AS "lastError", w.last_delivered_at AS "lastDeliveredAt", w.created_at AS "createdAt",
      (SELECT count(*)::int FROM (SELECT FROM webhook_deliveries d
        WHERE d.endpoint_id = w.id AND d.state = 'waiting' LIMIT 10000) AS counted) AS waiting
    FROM webhook_endpoints w JOIN clients c ON c.id = w.client_id
    WHERE (${clientId ?? null}::uuid IS NULL OR w.client_id = ${clientId ?? null}::uuid)
      AND (${id ?? null}::uuid IS NULL OR w.id = ${id ?? null}::uuid)
      AND (NOT ${inTrouble} OR w.failing_since IS NOT NULL OR w.disabled_because IS NOT NULL)
    ORDER BY w.created_at, w.id LIMIT 1000`
}

/** What delivering needs to know of it. */
export type Target = Omit<Endpoint, 'disabledBecause' | 'waiting'> & { disabledBecause: string | null }

/** Without counting what waits for it; undefined when it was removed. */
export async function readTargetOf(db: Database, id: string): Promise<Target | undefined> {
  const found = await db.webhookEndpoint.findUnique({ where: { id }, include: { client: { select: { name: true } } } })
  return found ? { ...found, client: found.client.name } : undefined
}

/** @throws Refusal `webhook-not-found`, also where it is another client's: whether that exists is not told */
export async function expectEndpoint(db: Database, caller: Caller, id: string): Promise<Endpoint> {
  const [found] = await listEndpoints(db, { id, ...(!seesAll(caller) && { clientId: caller.clientId }) })
  if (found) return found
  throw new Refusal('not-found', 'webhook-not-found', `There is no endpoint ${id} for webhooks.`)
}

/** Endpoints of one client. */
const MOST = 20

/** @param id one that the client has changes nothing @throws Refusal when the client has too many */
export async function createEndpoint(db: Database, clientId: string, wish: Wish, id = uuidv7()): Promise<string> {
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT id FROM clients WHERE id = ${clientId}::uuid FOR UPDATE` // two at once count each other
    if ((await tx.webhookEndpoint.count({ where: { id } })) > 0) return
    if ((await tx.webhookEndpoint.count({ where: { clientId } })) >= MOST)
      throw new Refusal('conflict', 'too-many-webhooks', `A client has at most ${MOST} endpoints: remove one first.`)
    await tx.webhookEndpoint.create({ data: { ...columnsOf(wish), id, clientId, salt: newSalt() } })
  })
  return id
}

const columnsOf = ({ eventTypes, ...wish }: Wish) => ({ ...wish, eventTypes: [...eventTypes] })

/** `enabled`: true takes it up again with all that waits for it; false ends deliveries until then. A URL begins without failures. */
export type Change = { [Term in keyof Wish]?: Wish[Term] | undefined } & { enabled?: boolean | undefined }

export async function changeEndpoint(
  db: Database,
  id: string,
  { enabled, eventTypes, ...wish }: Change,
): Promise<void> {
  const standing =
    enabled === undefined
      ? {}
      : enabled
        ? { disabledBecause: null, disabledAt: null, ...WELL }
        : { disabledBecause: 'asked', disabledAt: new Date() }
  const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined))
  const types = eventTypes && { eventTypes: [...eventTypes] }
  const fresh = wish.url === undefined ? {} : WELL
  await db.webhookEndpoint.updateMany({ where: { id }, data: { ...given, ...types, ...fresh, ...standing } })
}

const WELL = { failingSince: null, lastError: null }

export async function removeEndpoint(db: Database, id: string): Promise<void> {
  await db.webhookEndpoint.deleteMany({ where: { id } })
}

interface Rotation {
  overlapMs: number
  /** Names the request: the same one within this day is the same rotation again. */
  request?: string | undefined
}

/** Makes the secret that follows; the one before signs as well for so long. @returns what the new secret is made of, and until when */
export async function rotateSecret(db: Database, endpoint: Endpoint, { overlapMs, request }: Rotation) {
  const { id, salt, previousSalt, previousUntil: known } = endpoint
  const now = Date.now()
  // Made of the salt before as well: a request that comes again much later never brings an old secret back.
  const after = (before: string | null) =>
    request === undefined ? newSalt() : uuidOf(JSON.stringify([id, request, before]))
  const isAgain = salt === after(previousSalt) && known !== null && known.getTime() - overlapMs > now - DAY_MS
  if (isAgain) return { id, salt, previousUntil: known }
  const next = { salt: after(salt), previousSalt: salt, previousUntil: new Date(now + overlapMs) }
  const { count } = await db.webhookEndpoint.updateMany({ where: { id, salt }, data: next })
  if (count === 0)
    throw new Refusal('conflict', 'rotated-meanwhile', 'Its secret was rotated by another request at the same time.')
  return { id, ...next }
}

const DAY_MS = 86_400_000
