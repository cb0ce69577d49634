import { uuidOf } from '#platform/uuid'
import { Refusal } from './refusal.ts'

const KEY = /^[\x20-\x7e]{1,255}$/
const NAME = 'Idempotency-Key'

/**
 * The caller's promise that requests with the same key are the same request.
 * @throws Refusal when the header is not 1 to 255 printable ASCII characters
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || KEY.test(header)) return header
  const detail = 'must be 1 to 255 printable ASCII characters, such as a UUID'
  throw new Refusal('invalid', 'invalid-idempotency-key', `The header ${NAME} ${detail}.`, {
    faults: [{ parameter: NAME, detail }],
  })
}

export const reusedKey = () =>
  new Refusal(
    'invalid',
    'idempotency-key-reused',
    'This Idempotency-Key belongs to another request, or to one with other content. Use a new key for a new request.',
    { faults: [{ parameter: NAME, detail: 'belongs to a request with other content' }] },
  )

/** For the OpenAPI document of every operation that changes something. */
export const IDEMPOTENCY_KEY = {
  name: NAME,
  description:
    'Any text of your own, such as a UUID. The same key with the same request gets the same answer again (marked by ' +
    'Idempotency-Replayed) and changes nothing a second time; with another request it is refused. Refused requests leave no ' +
    'key behind. A key belongs to your client and is kept for 30 days.',
}

/** Requests under a key are known for so long. */
const KNOWN_MS = 30 * 86_400_000

/**
 * The id of what a request makes: the same one while the request is known, another one each time that it comes again after that.
 * @param count how many there are of this id that were made before
 */
export async function idOfRequest(
  request: readonly unknown[],
  count: (where: { id: string; createdAt: { lt: Date } }) => Promise<number>,
): Promise<string> {
  const lt = new Date(Date.now() - KNOWN_MS)
  for (let id = uuidOf(JSON.stringify(request)); ; id = uuidOf(id))
    if ((await count({ id, createdAt: { lt } })) === 0) return id
}
