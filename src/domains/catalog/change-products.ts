import { ProductChanged } from '#events'
import { changedMeanwhile, Refusal } from '#http'
import { append, type Append } from '#messaging'
import { readRows, type Database, type Transaction } from '#platform/database'
import { StoredProduct } from './products.ts'
import { pricesOf, type ProductChange, type ProductContent } from './schemas.ts'

/** A product as it is to be. */
export type Wanted = ProductContent & { sku: string }
type Origin = Pick<Append, 'traceparent' | 'actor'>

export interface Change {
  outcome: 'created' | 'changed' | 'unchanged'
  product: StoredProduct
}

/** Whether a change may be made to a product at this version; 0 is one that is not there. It throws when not. */
export type Precondition = (version: number) => void

/** Makes a product as it is wanted, whether or not it is there. The same again changes nothing, whatever is expected. */
export function putProduct(db: Database, wanted: Wanted, expect: Precondition, origin: Origin): Promise<Change> {
  return db.$transaction(async (tx) => {
    const before = (await claim(tx, [wanted])).get(wanted.sku)!
    if (before.version === 0 || !isAs(before, wanted)) expect(before.version)
    return settle(tx, wanted, before, origin)
  })
}

interface Part {
  sku: string
  change: ProductChange
}

/** Changes what is named, and leaves the rest. @throws Refusal `product-not-found` */
export function changeProduct(
  db: Database,
  { sku, change }: Part,
  expect: Precondition,
  origin: Origin,
): Promise<Change> {
  return db.$transaction(async (tx) => {
    const [before] = await readRows(tx, StoredProduct)`
      SELECT sku, name, price, currency, prices, active, version, updated_at AS "updatedAt" FROM products WHERE sku = ${sku} FOR UPDATE`
    if (!before) throw productNotFound(sku)
    const { name = before.name, prices = pricesOf(before), active = before.active } = change
    const wanted = { sku, name, prices, active }
    if (!isAs(before, wanted)) expect(before.version)
    return settle(tx, wanted, before, origin)
  })
}

/** One of many: with `ifVersion` only while the product is at that version, 0 for one that is not there. */
type WantedOfMany = Wanted & { ifVersion?: number | undefined }

/** Many at once, in the order given. @returns for each what became of it, or why it is refused */
export const putProducts = (
  db: Database,
  wanted: readonly WantedOfMany[],
  origin: Origin,
): Promise<(Change | Error)[]> =>
  db.$transaction(async (tx) => {
    const known = await claim(tx, wanted)
    const now = new Date()
    const changes = wanted.map((one) => {
      const before = known.get(one.sku)
      return conflictOf(one, before) ?? decide(one, before!, { known, now })
    })
    await store(
      tx,
      changes.filter((change): change is Change => !(change instanceof Error)),
      { now, origin },
    )
    return changes
  })

function conflictOf(wanted: WantedOfMany, before: StoredProduct | undefined): Error | undefined {
  const { ifVersion } = wanted
  const version = before?.version ?? 0
  if (ifVersion === undefined || ifVersion === version) return undefined
  return version > 0 && isAs(before!, wanted) ? undefined : changedMeanwhile(version, ifVersion)
}

export const productNotFound = (sku: string) =>
  new Refusal('not-found', 'product-not-found', `The catalogue does not know '${sku}'.`)

/**
 * Locks them, in order of SKU; those that are new come into being at version 0, and are not left so. One that is wanted only at a later
 * version stays missing.
 */
async function claim(tx: Transaction, wanted: readonly WantedOfMany[]): Promise<Map<string, StoredProduct>> {
  const rows = await readRows(tx, StoredProduct)`
    INSERT INTO products (sku, name, price, currency, version, updated_at)
    SELECT DISTINCT ON (sku) sku, name, 0, 'XXX', 0, now()
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS row(sku text, name text, "ifVersion" bigint)
    WHERE coalesce("ifVersion", 0) = 0 OR EXISTS (SELECT FROM products known WHERE known.sku = row.sku) ORDER BY sku
    ON CONFLICT (sku) DO UPDATE SET version = products.version
    RETURNING sku, name, price, currency, prices, active, version, updated_at AS "updatedAt"`
  return new Map(rows.map((product) => [product.sku, product]))
}

async function settle(tx: Transaction, wanted: Wanted, before: StoredProduct, origin: Origin): Promise<Change> {
  const now = new Date()
  const change = decide(wanted, before, { known: new Map(), now })
  await store(tx, [change], { now, origin })
  return change
}

/** @param known as products are after it: several may be about one */
function decide(
  wanted: Wanted,
  before: StoredProduct,
  { known, now }: { known: Map<string, StoredProduct>; now: Date },
): Change {
  if (before.version > 0 && isAs(before, wanted)) return { outcome: 'unchanged', product: before }
  const product = { ...toStored(wanted), version: before.version + 1, updatedAt: now }
  known.set(wanted.sku, product)
  return { outcome: before.version === 0 ? 'created' : 'changed', product }
}

/** Writes what has changed, with an event for each change. */
async function store(tx: Transaction, changes: readonly Change[], { now, origin }: { now: Date; origin: Origin }) {
  const changed = changes.flatMap(({ outcome, product }) => (outcome === 'unchanged' ? [] : [product]))
  await save(tx, [...new Map(changed.map((product) => [product.sku, product])).values()], now)
  await append(
    tx,
    changed.map((product) => ({ ...toEvent(product), ...origin })),
  )
}

function toStored({ sku, name, prices: [first, ...others], active }: Wanted) {
  const prices = Object.fromEntries(others.map(({ currency, amount }) => [currency, amount]))
  return { sku, name, price: first!.amount, currency: first!.currency, prices, active }
}

const contentOf = (product: Parameters<typeof pricesOf>[0] & { name: string; active: boolean }) =>
  JSON.stringify([product.name, product.active, pricesOf(product)])

const isAs = (product: StoredProduct, wanted: Wanted): boolean => contentOf(product) === contentOf(toStored(wanted))

function toEvent(product: StoredProduct) {
  const { sku, version, name, active } = product
  const event = ProductChanged({ sku, version, name, prices: pricesOf(product), active })
  return { event, correlationId: event.stream }
}

async function save(tx: Transaction, products: readonly StoredProduct[], now: Date): Promise<void> {
  if (products.length === 0) return
  await tx.$executeRaw`
    UPDATE products SET name = now.name, price = now.price, currency = now.currency, prices = now.prices, active = now.active,
      version = now.version, updated_at = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(products)}::jsonb)
      AS now(sku text, name text, price int, currency text, prices jsonb, active boolean, version int)
    WHERE products.sku = now.sku`
}
