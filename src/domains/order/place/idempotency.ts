import { hash } from 'node:crypto'
import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Refusal } from '#http'
import type { NewOrder } from '../schemas.ts'

/** A caller's promise that requests with the same key mean the same order. */
export interface Idempotency {
  readonly clientId: string
  readonly key: string
  /** Hex of SHA-256 over the checked request: differences in spacing or order of members do not matter. */
  readonly fingerprint: string
}

type KeyRow = Readonly<z.infer<typeof KeyRow>>
const KeyRow = row({ clientId: z.string(), key: z.string(), fingerprint: z.string(), orderId: z.string() })

const KEY = /^[\x20-\x7e]{1,255}$/

/** @throws Refusal when the header is not 1 to 255 printable ASCII characters */
export function readIdempotencyKey(
  header: string | undefined,
  clientId: string,
  request: NewOrder,
): Idempotency | undefined {
  if (header === undefined) return undefined
  if (!KEY.test(header)) {
    const detail = 'must be 1 to 255 printable ASCII characters, such as a UUID'
    throw new Refusal('invalid', 'invalid-idempotency-key', `The header Idempotency-Key ${detail}.`, {
      faults: [{ parameter: 'Idempotency-Key', detail }],
    })
  }
  const fingerprint = hash('sha256', JSON.stringify(request), 'hex')
  return { clientId, key: header, fingerprint }
}

export const keyOf = ({ clientId, key }: Pick<Idempotency, 'clientId' | 'key'>): string => `${clientId} ${key}`

const Claimed = row({ orderId: z.string() })

/**
 * Claims keys for new orders. Waits for a transaction that is claiming one of them at this moment. Of two equal keys in
 * one call the first gets it.
 * @returns the ids of the orders whose keys were free
 */
export async function claimKeys(tx: Transaction, rows: readonly KeyRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const numbered = rows.map((row, nth) => ({ ...row, nth }))
  const claimed = await readRows(tx, Claimed)`
    INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
    SELECT "clientId", key, decode(fingerprint, 'hex'), "orderId", now()
    FROM jsonb_to_recordset(${JSON.stringify(numbered)}::jsonb)
      AS row("clientId" uuid, key text, fingerprint text, "orderId" uuid, nth int)
    ORDER BY "clientId", key, nth
    ON CONFLICT DO NOTHING
    RETURNING order_id AS "orderId"`
  return new Set(claimed.map(({ orderId }) => orderId))
}

/** Who holds these keys, by `keyOf`. */
export async function holdersOf(tx: Transaction, keys: readonly Idempotency[]): Promise<Map<string, KeyRow>> {
  if (keys.length === 0) return new Map()
  const wanted = keys.map(({ clientId, key }) => ({ clientId, wanted: key }))
  const rows = await readRows(tx, KeyRow)`
    SELECT client_id AS "clientId", key, encode(fingerprint, 'hex') AS fingerprint, order_id AS "orderId"
    FROM idempotency_keys WHERE (client_id, key) IN (
      SELECT "clientId", wanted FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS row("clientId" uuid, wanted text))`
  return new Map(rows.map((row) => [keyOf(row), row]))
}

/** Forgets at most `limit` keys that are older, the oldest first. @returns how many */
export function pruneKeys(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_keys WHERE (client_id, key) IN (
      SELECT client_id, key FROM idempotency_keys WHERE created_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY created_at LIMIT ${limit})`
}

export const reusedKey = () =>
  new Refusal(
    'invalid',
    'idempotency-key-reused',
    'This Idempotency-Key belongs to a request with other content. Use a new key for a new order.',
    { faults: [{ parameter: 'Idempotency-Key', detail: 'belongs to a request with other content' }] },
  )
