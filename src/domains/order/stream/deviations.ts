import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { archivedAmong, openedEvents, type RecordedEvent } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { readOrderPage, readOrderRows } from '../order-store.ts'
import { CONCERNS, fold, isOwnFact, type VersionedOrder } from '../state/fold.ts'
import { streamOf } from './catch-up.ts'

/** An order whose row is not what its stream tells. */
export interface Deviation {
  readonly orderId: string
  /** In one sentence. */
  readonly why: string
}

/** Orders read at once: bounds the memory, whatever there is in all. */
const PAGE = 500
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * Holds the row of every order against the fold of its stream: up to the row's version, and with every later event that the
 * order has published or handled. Those whose stream lies in archives are left out. Reads page by page in order of id, so it takes no snapshot of the whole and little memory.
 */
export async function* deviations(db: Database | Transaction): AsyncGenerator<Deviation> {
  let rows = await readOrderPage(db, BEFORE_ALL, PAGE)
  while (rows.length > 0) {
    yield* await confirmed(db, await compare(db, rows))
    rows = await readOrderPage(db, rows.at(-1)!.id, PAGE)
  }
}

interface Compared extends Deviation {
  readonly row: VersionedOrder
}

/** An order that has moved on between the reading of its row and of its stream is compared again. */
async function confirmed(db: Database | Transaction, found: readonly Compared[]): Promise<Compared[]> {
  if (found.length === 0) return []
  const rows = await readOrderRows(
    db,
    found.map(({ orderId }) => orderId),
  )
  const versions = new Map(rows.map(({ id, version }) => [id, version]))
  const hasMoved = ({ row }: Compared) => versions.get(row.id) !== row.version
  const moved = new Set(found.filter(hasMoved).map(({ orderId }) => orderId))
  const again = await compare(
    db,
    rows.filter(({ id }) => moved.has(id)),
  )
  return [...found.filter((one) => !moved.has(one.orderId)), ...(await confirmed(db, again))]
}

async function compare(db: Database | Transaction, rows: readonly VersionedOrder[]): Promise<Compared[]> {
  const streams = await readHistories(db, rows)
  const archived = await archivedAmong(
    db,
    rows.map(({ id }) => streamOf(id)),
  )
  return rows.flatMap((row) => {
    if (archived.has(streamOf(row.id))) return []
    const why = difference(row, streams.get(streamOf(row.id)) ?? [])
    return why === undefined ? [] : [{ orderId: row.id, why, row }]
  })
}

function difference(row: VersionedOrder, events: readonly History[]): string | undefined {
  try {
    const told = fold(events.filter(({ streamVersion }) => streamVersion <= row.version))
    if (!told) return 'Its stream does not begin with order.placed.'
    const wrong = COLUMNS.find((column) => !(isDeepStrictEqual(told[column], row[column]) || isUntold(row, column)))
    if (wrong && PERSONAL_COLUMNS.has(wrong))
      return `Its ${wrong} is not the one that version ${row.version} of its stream tells; the two are withheld.`
    if (wrong)
      return `Its ${wrong} is ${tell(row[wrong])}; version ${row.version} of its stream says ${tell(told[wrong])}.`
    const later = events.filter((event) => event.streamVersion > row.version && (event.isHandled || isOwnFact(event)))
    const now = fold(later, told)!
    const behind = STATE.find((column) => now[column] !== row[column])
    return (
      behind &&
      `Its ${behind} is ${tell(row[behind])}, but ${later.map(({ type }) => type).join(', ')} made it ${tell(now[behind])}.`
    )
  } catch (error) {
    return `Its stream cannot be read: ${(error as Error).message}`
  }
}

/** What a release knew nothing of that has written the row, this one reads from the stream. */
const isUntold = ({ isPartial = false }: VersionedOrder, column: string) => isPartial && column === 'parts'

const STATE = [
  'status',
  'stock',
  'payment',
  'fraud',
  'capture',
  'arrived',
  'carrier',
  'trackingNumber',
  'reason',
] as const
const COLUMNS = [
  ...STATE,
  ...([
    'detail',
    'version',
    'placedAt',
    'updatedAt',
    'customer',
    'shippingAddress',
    'billingAddress',
    'lines',
    'total',
    'costs',
    'fulfillment',
    'parts',
    'number',
    'reference',
    'note',
    'metadata',
  ] as const),
]

const PERSONAL_COLUMNS: ReadonlySet<string> = new Set([
  'customer',
  'shippingAddress',
  'billingAddress',
  'note',
  'detail',
])

const tell = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const HistoryRow = row({
  stream: z.string(),
  type: z.string(),
  version: z.int(),
  streamVersion: z.int(),
  data: z.unknown(),
  time: z.date(),
  isHandled: z.boolean().nullable(),
})
type History = RecordedEvent & { isHandled: boolean | null }

/** The events that concern an order, and the one that its row has come to. */
async function readHistories(db: Database | Transaction, rows: readonly VersionedOrder[]) {
  const wanted = rows.map(({ id, version }) => ({ stream: streamOf(id), version }))
  const events = await readRows(db, HistoryRow)`
    SELECT e.stream, e.type, e.version, e.stream_version AS "streamVersion", e.data, e.occurred_at AS time,
      CASE WHEN e.stream_version > wanted.version THEN EXISTS (
        SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = 'order.advance-order') END AS "isHandled"
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS wanted(stream text, version int)
    JOIN events e ON e.stream = wanted.stream
    WHERE e.type = ANY(${[...CONCERNS]}::text[]) OR e.stream_version = wanted.version
    ORDER BY e.stream, e.stream_version`
  const histories = new Map<string, History[]>()
  for (const event of (await openedEvents(db, events)) as unknown as History[]) {
    const history = histories.get(event.stream)
    if (history) history.push(event)
    else histories.set(event.stream, [event])
  }
  return histories
}
