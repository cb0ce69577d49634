import { hash } from 'node:crypto'
import { z } from 'zod'
import { Refusal, reusedKey, type Reply, type Route } from '#http'
import { readRows, row, type Database } from '#platform/database'

/** A request that its caller may send again. */
export interface Repeatable {
  clientId: string
  key: string
  /** Method, path and checked body: what makes it the same request. */
  content: readonly unknown[]
}

/** Carries a request out once for each key of a client. */
export type Once = (
  request: Repeatable,
  route: Pick<Route, 'secret' | 'idempotency'>,
  run: (isRepeated?: boolean) => Promise<Reply> | Reply,
) => Promise<Reply>

/** Milliseconds after which a request without an end is taken for one whose process died. Longer than any request may take. */
const ABANDONED_MS = 10_000

/**
 * Keeps the answer to each request with a key, beside the keys of orders. A request whose process died between its change and its
 * answer is carried out again, so what runs here must change nothing the second time: it finds what it wanted to reach.
 */
export function createOnce(db: Database): Once {
  return async ({ clientId, key, content }, { secret = false, idempotency }, run) => {
    const isRunAgain = idempotency === 'again'
    const claim = { clientId, key, fingerprint: hash('sha256', JSON.stringify(content), 'hex') }
    if (!(await claimed(db, claim))) return replayed(await earlierAnswer(db, claim, isRunAgain ? run : undefined))
    try {
      const reply = await run()
      await keep(db, claim, { ...reply, body: secret || isRunAgain ? undefined : reply.body })
      return reply
    } catch (error) {
      await release(db, claim).catch(() => {}) // it counts as abandoned soon
      throw error
    }
  }
}

interface Claim {
  clientId: string
  key: string
  fingerprint: string
}

const ClaimedRow = row({ key: z.string() })

async function claimed(db: Database, { clientId, key, fingerprint }: Claim): Promise<boolean> {
  const rows = await readRows(db, ClaimedRow)`
    INSERT INTO idempotency_keys AS i (client_id, key, fingerprint, created_at)
    VALUES (${clientId}::uuid, ${key}, decode(${fingerprint}, 'hex'), now())
    ON CONFLICT (client_id, key) DO UPDATE SET created_at = now()
    WHERE i.order_id IS NULL AND i.status IS NULL AND i.fingerprint = excluded.fingerprint
      AND i.created_at < now() - ${ABANDONED_MS}::float8 * interval '1 ms'
    RETURNING key`
  return rows.length > 0
}

const AnswerRow = row({ fingerprint: z.string(), status: z.int().nullable(), answer: z.string().nullable() })

const replayed = ({ headers, ...reply }: Reply): Reply => ({
  ...reply,
  headers: { ...headers, 'Idempotency-Replayed': 'true' },
})

/** @param again what answers in place of a kept answer */
async function earlierAnswer(
  db: Database,
  { clientId, key, fingerprint }: Claim,
  again: ((isRepeated: boolean) => Promise<Reply> | Reply) | undefined,
): Promise<Reply> {
  const [earlier] = await readRows(db, AnswerRow)`
    SELECT encode(fingerprint, 'hex') AS fingerprint, status::int, answer FROM idempotency_keys
    WHERE client_id = ${clientId}::uuid AND key = ${key}`
  if (!earlier) throw underWay() // refused in this moment
  if (earlier.fingerprint !== fingerprint) throw reusedKey()
  if (earlier.status === null) throw underWay()
  if (again) return again(true)
  if (earlier.status === 204) return { status: 204 }
  if (earlier.answer === null) throw notKept()
  return { status: earlier.status, body: JSON.parse(earlier.answer) as unknown }
}

const underWay = () =>
  new Refusal('conflict', 'request-under-way', 'The same request is being carried out. Send it again for its answer.', {
    retryAfterS: 1,
  })

const notKept = () =>
  new Refusal(
    'conflict',
    'answer-not-kept',
    'This request was carried out before. Its answer holds a secret, which is not kept: look for what it made, and rotate that secret.',
  )

async function keep(db: Database, { clientId, key }: Claim, { status, body }: Reply): Promise<void> {
  const answer = body === undefined ? null : JSON.stringify(body)
  await db.$executeRaw`
    UPDATE idempotency_keys SET status = ${status}, answer = ${answer} WHERE client_id = ${clientId}::uuid AND key = ${key}`
}

async function release(db: Database, { clientId, key }: Claim): Promise<void> {
  await db.$executeRaw`
    DELETE FROM idempotency_keys WHERE client_id = ${clientId}::uuid AND key = ${key} AND order_id IS NULL AND status IS NULL`
}
