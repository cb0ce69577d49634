import { z } from 'zod'
import { keepReservations } from '#domains/inventory'
import { letGo, type PaymentGateway } from '#domains/payment'
import { readRow, row, type Database } from '#platform/database'
import {
  findMoney,
  findPayments,
  findReservations,
  withoutOrder,
  type OrphanMoney,
  type OrphanReservation,
  type Window,
} from './find.ts'

/** What belongs to orders that this database does not know. */
export interface Orphans {
  money: OrphanMoney[]
  reservations: OrphanReservation[]
  /** Holds of the gateway whose orders are known. Few beside many unknown ones: it may be another database's gateway. */
  known: number
}

/** What became of one of them: `error` where it could not be let go of. */
export interface Released {
  orderId: string
  /** Such as `voided 2500 GBP (auth_…)`. */
  what: string
  error?: Error
}

/** Looks, and changes nothing. Without a gateway only what this database has is looked at. */
export async function findOrphans(db: Database, gateway: PaymentGateway | undefined, window: Window): Promise<Orphans> {
  const booked = await findPayments(db, window.graceMs)
  const { unknown, known } = gateway ? await findMoney(db, gateway, window) : { unknown: [], known: 0 }
  const seen = new Set(unknown.map(({ authorizationId }) => authorizationId))
  const money = [...unknown, ...booked.filter(({ authorizationId }) => !seen.has(authorizationId))]
  return { money, known, reservations: await findReservations(db, window.graceMs) }
}

/**
 * Gives back the money, by voiding or refunding it at the gateway, and the goods. One that fails does not keep the others,
 * and may be tried again: what has gone back already does not go back twice.
 */
export async function releaseOrphans(
  db: Database,
  gateway: PaymentGateway | undefined,
  { money, reservations }: Pick<Orphans, 'money' | 'reservations'>,
): Promise<Released[]> {
  const released: Released[] = []
  for (const orphan of money) released.push(await releaseMoney(db, gateway, orphan))
  for (const orphan of reservations) released.push(await releaseGoods(db, orphan))
  return released
}

const CALL_MS = 10_000

async function releaseMoney(db: Database, gateway: PaymentGateway | undefined, orphan: OrphanMoney): Promise<Released> {
  const { orderId, authorizationId, amount } = orphan
  const told = (what: string) => `${what} ${amount.amount} ${amount.currency} (${authorizationId})`
  return attempt(orderId, told('did not release'), async () => {
    if (!gateway) throw new Error('no gateway was given: set PAYMENT_GATEWAY_URL, or PAYMENT_PROVIDER to stripe')
    if (!(await withoutOrder(db, [orderId])).has(orderId)) return told('left alone, its order is there now:')
    const action = await letGo(db, gateway, orphan, AbortSignal.timeout(CALL_MS))
    return told(action === 'void' ? 'voided' : action === 'refund' ? 'refunded' : 'had gone back already:')
  })
}

function releaseGoods(db: Database, { orderId, pieces }: OrphanReservation): Promise<Released> {
  return attempt(orderId, `did not release ${pieces} pieces`, () =>
    db.$transaction(async (tx) => {
      if (!(await withoutOrder(tx, [orderId])).has(orderId))
        return `left alone, its order is there now: ${pieces} pieces`
      await keepReservations(tx, [{ kind: 'closed', orderId }], new Date())
      return `put back ${pieces} pieces`
    }),
  )
}

async function attempt(orderId: string, failed: string, work: () => Promise<string>): Promise<Released> {
  try {
    return { orderId, what: await work() }
  } catch (error) {
    return { orderId, what: failed, error: error as Error }
  }
}

const Standby = row({ standby: z.boolean() })

/** A standby may lack the newest orders, which would be taken for lost ones. */
export async function isStandby(db: Database): Promise<boolean> {
  const { standby } = await readRow(db, Standby)`SELECT pg_is_in_recovery() AS standby`
  return standby
}
