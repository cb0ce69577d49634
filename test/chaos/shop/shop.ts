import path from 'node:path'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { findReactions } from '#messaging'
import type { OpenDatabase } from '#platform/database'
import { migrate, PROJECT } from '../../../dev/services/index.ts'
import { plantKey } from '../../../src/api/index.ts'
import { openBooks, placeOrders, PRODUCTS, type Bookkeeping } from '../customers/customers.ts'
import { startParcelDelivery } from '../customers/parcel-delivery.ts'
import { createDice } from '../dice.ts'
import { repeatedMails, verify } from '../promises/verify.ts'
import type { Subject, Visit, VisitOptions, World } from '../subject.ts'

export const API_KEY = 'fanfare_chaos'
/** Processes of a folder of workers; one for every other. */
const REPLICAS: Readonly<Record<string, number>> = { order: 2, inventory: 2, payment: 2 }

const PARTS = {
  api: { role: 'api', ready: 'listening on' },
  relay: { role: 'relay', ready: 'standing by for' },
  scheduler: { role: 'scheduler', ready: 'running by the clock' },
} as const

/** The shop, as a run of chaos knows it. */
export const SHOP: Subject = {
  namespace: '',
  async migrate(postgres) {
    await migrate(postgres)
    return postgres
  },
  prepare: stock,
  names() {
    const folders = [...new Set(findReactions(path.join(PROJECT, 'workers')).map(({ folder }) => folder))]
    const replicas = folders.flatMap((folder) =>
      Array.from({ length: REPLICAS[folder] ?? 1 }, (_, i) => `${folder} ${i + 1}`),
    )
    return ['api', 'relay 1', 'relay 2', 'scheduler', ...replicas]
  },
  member(name) {
    const [part = ''] = name.split(' ')
    if (part in PARTS) return { ...PARTS[part as keyof typeof PARTS], run: [`src/main/${part}.ts`] }
    return { role: 'worker', run: ['src/main/worker.ts', part], ready: 'reacting' }
  },
  settings: {},
  refusable: ['inventory.reserve-stock', 'order.advance-order', 'order.record-history'],
  visit: shopping,
  async open(db) {
    const [row] = await db.$queryRaw<{ open: number }[]>`
      SELECT count(*)::int AS open FROM orders o WHERE status IN ('placed', 'confirmed') AND NOT EXISTS (
        SELECT FROM deliveries l WHERE l.correlation_id = o.id::text AND l.state = 'dead')`
    return row!.open
  },
}

function stock({ db }: OpenDatabase): Promise<void> {
  return db.$transaction(async (tx) => {
    await plantKey(db, 'chaos', API_KEY)
    await upsertProducts(
      tx,
      PRODUCTS.map(({ sku, price }) => ({ sku, name: sku, price, currency: 'GBP' })),
    )
    await receiveStock(
      tx,
      PRODUCTS.map(({ sku, received }) => ({ sku, quantity: received })),
    )
  })
}

function shopping(world: World, { orders, durationMs, seed }: VisitOptions): Visit {
  const { apiUrl } = world
  const end = startParcelDelivery({ apiUrl, apiKey: API_KEY, dice: createDice(seed).fork(2) })
  const books = openBooks({ apiUrls: [apiUrl], apiKey: API_KEY, seed })
  return {
    done: placeOrders(books, orders, durationMs),
    end,
    async leave() {},
    verify: () => verify(world, books),
    tell: async () => [
      ...figures(books),
      `orders          ${inWords(await ordersByStatus(world))}`,
      `mails repeated  ${repeatedMails(world.mail.received).size}`,
    ],
  }
}

async function ordersByStatus({ database }: World): Promise<Record<string, number>> {
  const groups = await database.db.order.groupBy({ by: ['status'], _count: true, orderBy: { status: 'asc' } })
  return Object.fromEntries(groups.map(({ status, _count }) => [status, _count]))
}

function figures({ customers, latencies, longestStallMs, stallEndedAtMs, answers }: Bookkeeping): string[] {
  const answered = customers.filter(({ orderIds }) => orderIds.size > 0).length
  const cancelled = customers.filter((customer) => customer.cancelled === 'yes').length
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`
  const stall = `${(longestStallMs / 1_000).toFixed(1)} s, until ${(stallEndedAtMs / 1_000).toFixed(1)} s`
  return [
    `customers       ${customers.length}, answered 202: ${answered}, cancelled: ${cancelled}`,
    `answers         ${inWords(answers)}`,
    `accepting       p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}; longest time without an order ${stall}`,
  ]
}

const inWords = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .join(', ')
