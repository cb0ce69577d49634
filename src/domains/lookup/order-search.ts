import { z } from 'zod'
import type { ProjectionTransaction } from '#messaging'
import { readRows, row, type Database } from '#platform/database'
import { openAll, SealBroken } from '#platform/sealing'
import { Prisma } from '#prisma'
import { NO_ADDRESS, orderStream, stateAfter, type Customer } from '#events'
import type { FoundBy } from './order-facts.ts'
import { ownedBy, type Wanted } from './wanted.ts'
import { hiddenWordsOf, queryOf, wordsOf } from './words.ts'

export const SEARCH_TABLES = [
  `CREATE TABLE documents (
    order_id uuid PRIMARY KEY, status text NOT NULL, sealed text, total bigint NOT NULL,
    currency text NOT NULL, placed_at timestamptz NOT NULL, words tsvector NOT NULL
  ) WITH (fillfactor = 70)`,
  'CREATE INDEX ON documents USING gin (words)',
]

interface Document {
  orderId: string
  status: string
  /** What is personal of the order, as its event holds it. */
  sealed: string | undefined
  total: number
  currency: string
  placedAt: Date
  words: string[]
}

/** What a later fact changes of a document. */
interface Change {
  orderId: string
  status?: string | undefined
  words: string[]
}

/** New orders are inserted with all that the batch says of them; to those of before it is added. */
export async function applyToSearch(facts: readonly FoundBy[], tx: ProjectionTransaction): Promise<void> {
  const added = new Map<string, Document>()
  const changed = new Map<string, Change>()
  for (const fact of facts) {
    const { orderId } = fact.data
    if (fact.type === 'order.placed') added.set(orderId, documentOf(fact))
    else {
      const change = changeOf(fact)
      const document = added.get(orderId)
      if (document) added.set(orderId, merged(document, change))
      else changed.set(orderId, merged(changed.get(orderId) ?? { orderId, words: [] }, change))
    }
  }
  await insertDocuments(tx, [...added.values()])
  await changeDocuments(tx, [...changed.values()])
}

function documentOf({ data, time, personal }: Extract<FoundBy, { type: 'order.placed' }>): Document {
  const { orderId, number = '', reference = '', customer, lines, total } = data
  const ofPerson = customer.email === NO_ADDRESS ? [] : hiddenWordsOf(customer.name, customer.email)
  const words = [orderId, ...wordsOf(number, reference, ...lines.map(({ sku }) => sku)), ...ofPerson]
  return {
    orderId,
    status: 'placed',
    sealed: personal?.sealed,
    total: total.amount,
    currency: total.currency,
    placedAt: time,
    words,
  }
}

function changeOf(fact: Exclude<FoundBy, { type: 'order.placed' }>): Change {
  const { orderId } = fact.data
  if (fact.type === 'shipment.created' || fact.type === 'order.parcel-shipped')
    return { orderId, words: wordsOf(fact.data.trackingNumber) }
  return { orderId, status: stateAfter(fact.type), words: [] }
}

const merged = <One extends Change>(one: One, { status, words }: Change): One => ({
  ...one,
  status: status ?? one.status,
  words: [...new Set([...one.words, ...words])],
})

async function insertDocuments(tx: ProjectionTransaction, documents: readonly Document[]) {
  if (documents.length === 0) return
  await tx.$executeRaw`
    INSERT INTO documents (order_id, status, sealed, total, currency, placed_at, words)
    SELECT "orderId", status, sealed, total, currency, "placedAt", array_to_tsvector(words)
    FROM jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) AS row("orderId" uuid, status text, sealed text,
      total bigint, currency text, "placedAt" timestamptz, words text[])`
}

async function changeDocuments(tx: ProjectionTransaction, changes: readonly Change[]) {
  if (changes.length === 0) return
  await tx.$executeRaw`
    UPDATE documents AS d SET status = coalesce(row.status, d.status),
      words = CASE cardinality(row.words) WHEN 0 THEN d.words ELSE d.words || array_to_tsvector(row.words) END
    FROM jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) AS row("orderId" uuid, status text, words text[])
    WHERE d.order_id = row."orderId"`
}

const FoundDocument = row({
  id: z.string(),
  status: z.string(),
  sealed: z.string().nullable(),
  total: z.number(),
  currency: z.string(),
  placedAt: z.date(),
})

/** So many of the latest orders are looked through first. What many orders have is found there, and the rest of them need not be read. */
const LATEST = 5_000

/** Orders that every term of the question is found in, the newest first. */
export async function searchOrders(db: Database, question: string, wanted: Wanted) {
  const query = queryOf(question)
  if (query === undefined) return []
  const found = await readDocuments(db, amongLatest(query, wanted))
  const all = found.length < wanted.limit ? await readDocuments(db, amongAll(query, wanted)) : found
  return withCustomers(db, all)
}

const readDocuments = (db: Database, ids: Prisma.Sql) => readRows(db, FoundDocument)`
  WITH newest AS MATERIALIZED (${ids})
  SELECT order_id AS id, status, sealed, total::float8, currency, placed_at AS "placedAt"
  FROM newest JOIN projection_lookup_order_search.documents USING (order_id) ORDER BY order_id DESC`

const amongLatest = (query: string, { cursor, limit, owner }: Wanted) => Prisma.sql`
  SELECT order_id FROM (
    SELECT order_id, words FROM projection_lookup_order_search.documents WHERE true ${beneath(cursor)}
    ORDER BY order_id DESC LIMIT ${LATEST}
  ) AS found WHERE words @@ ${query}::tsquery ${ownedBy(owner)} ORDER BY order_id DESC LIMIT ${limit}`

/** Found first and sorted then: along the sorted index a rare word would be looked for in every order. */
const amongAll = (query: string, { cursor, limit, owner }: Wanted) => Prisma.sql`
  SELECT order_id FROM (
    SELECT order_id FROM projection_lookup_order_search.documents WHERE words @@ ${query}::tsquery ${beneath(cursor)} OFFSET 0
  ) AS found WHERE true ${ownedBy(owner)} ORDER BY order_id DESC LIMIT ${limit}`

const beneath = (cursor: string | undefined) =>
  cursor === undefined ? Prisma.empty : Prisma.sql`AND order_id < ${cursor}::uuid`

type Found = z.infer<typeof FoundDocument>

/** Who ordered, as far as they are not forgotten. */
async function withCustomers(db: Database, found: readonly Found[]) {
  const sealed = found.filter((one) => one.sealed !== null)
  const opened = await openAll(
    db,
    sealed.map((one) => ({ shown: {}, sealed: one.sealed!, boundTo: orderStream({ orderId: one.id }) })),
  )
  const customers = new Map(sealed.map(({ id }, index) => [id, customerIn(opened[index]!)]))
  return found.map(({ sealed: _, ...one }) => ({ ...one, ...(customers.get(one.id) ?? NOBODY) }))
}

const NOBODY = { name: '-', email: NO_ADDRESS }

function customerIn(opened: Awaited<ReturnType<typeof openAll>>[number]) {
  if (opened instanceof SealBroken) throw opened
  const { name, email } = (opened.document['customer'] ?? NOBODY) as Customer
  return { name, email }
}
