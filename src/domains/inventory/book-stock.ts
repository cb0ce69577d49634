import { z } from 'zod'
import { StockCorrected, StockReceived } from '#events'
import { Refusal } from '#http'
import { append, type Append } from '#messaging'
import { readRows, row, type Transaction } from '#platform/database'
import { findBookings, insertBookings, type Booking, type Kind, type StoredBooking } from './bookings.ts'

interface Origin extends Pick<Append, 'traceparent'> {
  actor: string
}

/** Pieces of one SKU that the columns of a row hold. */
const MOST = 2_147_483_647

/**
 * Books receipts or corrections in the order given, each whole or not at all, with an event for each. One that was booked before
 * changes nothing. A correction takes away only what is on hand: what is reserved is promised to orders, and stays.
 * @returns for each what stands in the books, or why it is refused
 */
export async function bookStock(
  tx: Transaction,
  kind: Kind,
  bookings: readonly Booking[],
  { actor, traceparent }: Origin,
): Promise<(StoredBooking | Refusal)[]> {
  const shelves = await lockShelves(tx, bookings)
  const known = await findBookings(
    tx,
    kind,
    bookings.map(({ id }) => id),
  )
  const added: StoredBooking[] = []
  const outcomes = bookings.map((booking) => {
    const earlier = known.get(booking.id)
    if (earlier) return isSame(earlier, booking) ? earlier : reused(booking.id)
    const refusal = refusalOf(kind, booking, shelves)
    if (refusal) return refusal
    for (const { sku, quantity } of booking.lines) move(kind, shelves.get(sku)!, quantity)
    const stored = { ...booking, actor, at: new Date() }
    known.set(booking.id, stored)
    added.push(stored)
    return stored
  })
  if ((await insertBookings(tx, kind, added)) < added.length) throw overtaken()
  await saveShelves(tx, [...shelves.values()])
  await append(
    tx,
    added.map((booking) => ({ ...toEvent(kind, booking), traceparent: traceparent ?? null, actor })),
  )
  return outcomes
}

type Shelf = z.infer<typeof Shelf>
const Shelf = row({ sku: z.string(), received: z.int(), corrected: z.int(), onHand: z.int(), reserved: z.int() })

/** Locks them as reservations do, in order of SKU; a SKU that is new gets an empty shelf. */
async function lockShelves(tx: Transaction, bookings: readonly Booking[]): Promise<Map<string, Shelf>> {
  const skus = [...new Set(bookings.flatMap(({ lines }) => lines.map(({ sku }) => sku)))]
  await tx.$executeRaw`
    INSERT INTO stock (sku) SELECT sku FROM unnest(${skus}::text[]) AS wanted(sku) ORDER BY sku ON CONFLICT (sku) DO NOTHING`
  const rows = await readRows(tx, Shelf)`
    SELECT sku, received, corrected, on_hand AS "onHand", reserved FROM stock
    WHERE sku = ANY(${skus}::text[]) ORDER BY sku FOR NO KEY UPDATE`
  return new Map(rows.map((shelf) => [shelf.sku, shelf]))
}

function refusalOf(kind: Kind, { lines }: Booking, shelves: ReadonlyMap<string, Shelf>): Refusal | undefined {
  for (const { sku, quantity } of lines) {
    const shelf = shelves.get(sku)!
    if (shelf.onHand + quantity < 0) return notOnHand(shelf, quantity)
    const sum = (kind === 'receipt' ? shelf.received : shelf.corrected) + quantity
    if (Math.max(shelf.onHand + quantity, Math.abs(sum)) > MOST) return tooMuch(sku)
  }
  return undefined
}

function move(kind: Kind, shelf: Shelf, quantity: number) {
  shelf[kind === 'receipt' ? 'received' : 'corrected'] += quantity
  shelf.onHand += quantity
}

async function saveShelves(tx: Transaction, shelves: readonly Shelf[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE stock SET received = now.received, corrected = now.corrected, on_hand = now."onHand"
    FROM jsonb_to_recordset(${JSON.stringify(shelves)}::jsonb) AS now(sku text, received int, corrected int, "onHand" int)
    WHERE stock.sku = now.sku AND (stock.received, stock.corrected) IS DISTINCT FROM (now.received, now.corrected)`
}

const contentOf = ({ lines, reason }: Booking) =>
  JSON.stringify([lines.map(({ sku, quantity }) => [sku, quantity]), reason])
const isSame = (one: Booking, other: Booking) => contentOf(one) === contentOf(other)

function toEvent(kind: Kind, { id, lines, reason }: StoredBooking) {
  const event =
    kind === 'receipt'
      ? StockReceived({ receiptId: id, lines: [...lines], ...(reason !== null && { reason }) })
      : StockCorrected({
          correctionId: id,
          lines: lines.map(({ sku, quantity: change }) => ({ sku, change })),
          reason: reason!,
        })
  return { event, correlationId: event.stream }
}

const notOnHand = ({ sku, onHand, reserved }: Shelf, quantity: number) =>
  new Refusal(
    'conflict',
    'stock-not-on-hand',
    `${-quantity} of '${sku}' cannot be taken away: ${onHand} are on hand. Another ${reserved} are reserved for orders, and stay with them.`,
  )

const tooMuch = (sku: string) =>
  new Refusal('conflict', 'stock-too-large', `The stock of '${sku}' would be more than ${MOST}.`)

const reused = (id: string) =>
  new Refusal(
    'conflict',
    'id-reused',
    `'${id.replace(/^[^/]*\//, '')}' was booked before, with other lines or another reason.`,
  )

/** Two requests with one id, for different goods. */
const overtaken = () =>
  new Refusal('busy', 'too-busy', 'The same id is being booked by another request. Send it again.', { retryAfterS: 1 })
