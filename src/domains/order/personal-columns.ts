import { NO_ADDRESS, OrderPlaced, orderStream } from '#events'
import type { Database, Transaction } from '#platform/database'
import { openAll, openHeld, sealAll, SealBroken, type Opened } from '#platform/sealing'
import type { VersionedOrder } from './state/fold.ts'

/** Columns of an order that may hold personal data. `sealed` holds them; the others what everybody may see. */
interface PersonalColumns {
  readonly id: string
  readonly sealed: string | null
  readonly customer?: unknown
  readonly shippingAddress?: unknown
  readonly billingAddress?: unknown
  readonly note?: string | null
  readonly detail?: string | null
}

/** A caller's own words. */
const OWN_WORDS = 'cancelled-on-request'
const MARKS = { ...OrderPlaced.marks()!, detail: '-' }
const boundTo = (orderId: string) => orderStream({ orderId })

/** Rows with their personal data, as far as their customers are not forgotten. A column that was not read stays away. */
export const openRows = <Row extends PersonalColumns>(db: Database | Transaction, rows: readonly Row[]) =>
  openWith(rows, (sealed) => openAll(db, sealed))

/** The same for who decides on them: none of their customers can be forgotten before the transaction ends. */
export const openHeldRows = <Row extends PersonalColumns>(tx: Transaction, rows: readonly Row[]) =>
  openWith(rows, (sealed) => openHeld(tx, sealed))

type Openables = Parameters<typeof openAll>[1]

async function openWith<Row extends PersonalColumns>(
  rows: readonly Row[],
  open: (sealed: Openables) => Promise<(Opened | SealBroken)[]>,
): Promise<Row[]> {
  const sealed = rows.filter((row) => row.sealed !== null)
  const opened = await open(
    sealed.map((row) => ({
      shown: row as Row & Record<string, unknown>,
      sealed: row.sealed!,
      boundTo: boundTo(row.id),
    })),
  )
  const documents = new Map(sealed.map((row, index) => [row, documentOf(opened[index]!)]))
  return rows.map((row) => {
    const document = documents.get(row)
    if (!document) return row
    const members = Object.keys(row).map((member) => [member, document[member]])
    return Object.fromEntries(members) as Row
  })
}

function documentOf(opened: Opened | SealBroken) {
  if (opened instanceof SealBroken) throw opened
  return opened.document
}

/** The columns of those orders whose detail is a caller's own words, to be written over what `updateOrders` would. */
export async function sealDetails(tx: Transaction, orders: readonly VersionedOrder[]) {
  const told = orders.filter(
    ({ reason, detail, customer }) => reason === OWN_WORDS && detail !== null && customer.email !== NO_ADDRESS,
  )
  if (told.length === 0) return new Map<string, { detail: string; sealed: string; person: string }>()
  const sealed = await sealAll(
    tx,
    told.map(({ id, customer, shippingAddress, billingAddress, note, detail }) => ({
      document: { customer, shippingAddress, billingAddress, note, detail },
      marks: MARKS,
      email: customer.email,
      boundTo: boundTo(id),
    })),
  )
  return new Map(sealed.map((one, index) => [told[index]!.id, { detail: '-', sealed: one.sealed, person: one.person }]))
}
