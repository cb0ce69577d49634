import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import type { Quantity } from './reservation.ts'

/** A receipt adds what came in; a correction adds what was found, or takes away what is lost. */
export type Kind = 'receipt' | 'correction'

export interface Booking {
  /** Counts once. */
  readonly id: string
  /** One for each SKU, sorted; what is taken away is negative. */
  readonly lines: readonly Quantity[]
  readonly reason: string | null
}

export type StoredBooking = Booking & { readonly actor: string | null; readonly at: Date }

const TABLES = {
  receipt: { table: 'stock_receipts', quantity: 'quantity', at: 'received_at' },
  correction: { table: 'stock_corrections', quantity: 'change', at: 'corrected_at' },
} as const

const names = (kind: Kind) => {
  const { table, quantity, at } = TABLES[kind]
  return { table: Prisma.raw(table), at: Prisma.raw(at), quantity }
}

const BookingRow = row({
  id: z.string(),
  lines: z.array(z.record(z.string(), z.union([z.string(), z.int()]))),
  reason: z.string().nullable(),
  actor: z.string().nullable(),
  at: z.date(),
})

function toBooking(kind: Kind, { lines, ...rest }: z.infer<typeof BookingRow>): StoredBooking {
  const { quantity } = TABLES[kind]
  return { ...rest, lines: lines.map((line) => ({ sku: String(line['sku']), quantity: Number(line[quantity]) })) }
}

/** Lines as the table and the event of this kind name them. */
const toLines = (kind: Kind, lines: readonly Quantity[]) =>
  lines.map(({ sku, quantity }) => ({ sku, [TABLES[kind].quantity]: quantity }))

/** Those of these ids that were booked before. */
export async function findBookings(
  tx: Transaction,
  kind: Kind,
  ids: readonly string[],
): Promise<Map<string, StoredBooking>> {
  const { table, at } = names(kind)
  const rows = await readRows(tx, BookingRow)`
    SELECT id, lines, reason, actor, ${at} AS at FROM ${table} WHERE id = ANY(${[...ids]}::text[])`
  return new Map(rows.map((one) => [one.id, toBooking(kind, one)]))
}

const Inserted = row({ id: z.string() })

/** @returns how many were inserted: fewer than given where somebody else has just booked one of them */
export async function insertBookings(tx: Transaction, kind: Kind, bookings: readonly StoredBooking[]): Promise<number> {
  const { table, at } = names(kind)
  const rows = bookings.map((booking) => ({ ...booking, lines: toLines(kind, booking.lines) }))
  const inserted = await readRows(tx, Inserted)`
    INSERT INTO ${table} (id, lines, reason, actor, ${at})
    SELECT id, lines, reason, actor, at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(id text, lines jsonb, reason text, actor text, at timestamptz)
    ORDER BY id
    ON CONFLICT (id) DO NOTHING RETURNING id`
  return inserted.length
}

export interface BookingPage {
  sku: string | undefined
  /** The last one of the page before. */
  after: { at: Date; id: string } | undefined
  limit: number
}

/** The latest first. */
export async function listBookings(
  db: Database,
  kind: Kind,
  { sku, after, limit }: BookingPage,
): Promise<StoredBooking[]> {
  const { table, at } = names(kind)
  const ofSku = sku === undefined ? Prisma.empty : Prisma.sql`AND lines @> ${JSON.stringify([{ sku }])}::jsonb`
  const before = after ? Prisma.sql`AND (${at}, id) < (${after.at}, ${after.id})` : Prisma.empty
  const rows = await readRows(db, BookingRow)`
    SELECT id, lines, reason, actor, ${at} AS at FROM ${table} WHERE true ${ofSku} ${before}
    ORDER BY ${at} DESC, id DESC LIMIT ${limit}`
  return rows.map((one) => toBooking(kind, one))
}
