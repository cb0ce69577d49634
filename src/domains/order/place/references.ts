import { z } from 'zod'
import { Refusal } from '#http'
import { readRows, row, type Transaction } from '#platform/database'
import type { Decided } from './candidate.ts'

const LockedRow = row({ locked: z.int() })
const HolderRow = row({
  clientId: z.string(),
  test: z.boolean(),
  reference: z.string(),
  id: z.string(),
  number: z.string().nullable(),
})

interface Name {
  clientId: string
  test: boolean
  reference?: string | undefined
}

const nameIn = ({ caller: { clientId, test }, request: { reference } }: Decided): Name => ({
  clientId,
  test,
  reference,
})
const keyOf = ({ clientId, test, reference }: Name) => `${clientId} ${test} ${reference}`

/**
 * Refuses those whose reference belongs to an order already, and of several with one reference all but the first. Whoever else places
 * an order with one of these references waits until the transaction ends. Costs nothing where nobody gives a reference.
 */
export async function settleReferences(tx: Transaction, decided: readonly Decided[]): Promise<readonly Decided[]> {
  const named = decided.filter(({ placed, request: { reference } }) => placed && reference !== undefined)
  if (named.length === 0) return decided
  const holders = await holdersOf(tx, named.map(nameIn))
  const first = new Map<string, Decided>()
  return decided.map((one) => {
    if (!named.includes(one)) return one
    const key = keyOf(nameIn(one))
    const [holder, rival] = [holders.get(key), first.get(key)]
    if (!rival) first.set(key, one)
    if (holder) return { ...one, placed: undefined, refusal: referenceTaken(one, holder) }
    if (!rival?.placed) return one
    const { orderId: id, number = null } = rival.placed.data
    return { ...one, placed: undefined, refusal: referenceTaken(one, { id, number }), rival: id }
  })
}

async function holdersOf(tx: Transaction, names: readonly Name[]) {
  const wanted = JSON.stringify(names)
  // Locked in one order, so that two commits wait for each other and never in a circle.
  await readRows(tx, LockedRow)`
    SELECT count(pg_advisory_xact_lock(key))::int AS locked FROM (
      SELECT DISTINCT hashtextextended(concat_ws(' ', 'order reference', "clientId", test, reference), 0) AS key
      FROM jsonb_to_recordset(${wanted}::jsonb) AS row("clientId" uuid, test boolean, reference text) ORDER BY key
    ) AS keys`
  // Another statement: it sees what was committed while the first one waited.
  const rows = await readRows(tx, HolderRow)`
    SELECT o.client_id AS "clientId", o.test, o.reference, o.id, o.number
    FROM jsonb_to_recordset(${wanted}::jsonb) AS row("clientId" uuid, test boolean, reference text)
    JOIN orders o ON o.client_id = row."clientId" AND o.reference = row.reference AND o.test = row.test
    WHERE o.reference IS NOT NULL`
  return new Map(rows.map(({ id, number, ...name }) => [keyOf(name), { id, number }]))
}

/** Names the order that there is: the client may have placed it, and not heard of it. */
const referenceTaken = ({ request: { reference } }: Decided, { id, number }: { id: string; number: string | null }) =>
  new Refusal(
    'conflict',
    'reference-taken',
    `Your reference '${reference}' is that of order ${id}${number ? ` (${number})` : ''}. One reference means one order.`,
    { faults: [{ pointer: '/reference', code: 'reference-taken', detail: `is that of order ${id}` }] },
  )

/** Of two orders with one reference in one commit the other one came first, and was not stored. */
export const rivalNotStored = () =>
  new Refusal('busy', 'too-busy', 'Another order of this reference was under way. Nothing was stored; send it again.', {
    retryAfterS: 1,
  })
