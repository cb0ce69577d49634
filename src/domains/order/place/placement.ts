import { productsOf } from '#domains/catalog'
import { SHOP_RATES, type Rates } from '#domains/pricing'
import { append, crashPoint, sealEvents } from '#messaging'
import { isDatabaseOutage, sqlStateOf, type Database, type Transaction } from '#platform/database'
import { Histogram } from '#platform/metrics'
import { inSpan, sharedBy } from '#platform/tracing'
import { Refusal, reusedKey } from '#http'
import { uuidv7 } from '#platform/uuid'
import type { Candidate, Decided, Placed, PlacementRequest } from './candidate.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import { claimKeys, holdersOf, keyOf } from './idempotency.ts'
import { placedOrder, type VersionedOrder } from '../state/fold.ts'
import { findOrder } from '../stream/catch-up.ts'
import { insertOrders, type KeepPaymentMethods } from '../order-store.ts'
import { createOrderNumbers, type OrderNumbers } from './order-numbers.ts'
import { placeOrder } from './place-order.ts'
import { rivalNotStored, settleReferences } from './references.ts'

/** The order as it was when it was placed, also when the same request is answered again. */
export interface PlacementAnswer {
  readonly order: VersionedOrder
  readonly replayed: boolean
}

/** A new order, or the id of the one that an equal request has made before. */
export type Committed = { order: VersionedOrder } | { replayOf: string }

export interface Placement {
  /** Stores an order, its lines, payment method, idempotency key and `order.placed` in one transaction. @throws Refusal */
  place(request: PlacementRequest): Promise<PlacementAnswer>
  /** Runs the statements of a commit without an order, so that the first one finds connection and code ready. */
  warmUp(): Promise<unknown>
  /** Resolves when every order taken so far is answered. */
  flush(): Promise<void>
}

const commitSize = new Histogram({
  name: 'fanfare_order_commit_size',
  help: 'Orders written together in one transaction.',
  buckets: [1, 2, 4, 8, 16, 32, 64],
})

/**
 * The way of an order into the database: orders that arrive during a commit share the next one.
 * @param keepPaymentMethods of the domain that will ask for the money; neither the order nor its events tell them
 */
export function createPlacement(
  db: Database,
  keepPaymentMethods: KeepPaymentMethods,
  rates: Rates = SHOP_RATES,
): Placement {
  const numbers = createOrderNumbers(db)
  const commit = (candidates: readonly Candidate[]) =>
    withNumbers(numbers, candidates, (numbered) => commitOrders(db, numbered, { keepPaymentMethods, rates }))
  const group: GroupCommit<Candidate, Committed> = createGroupCommit({
    commit: async (candidates: readonly Candidate[]) => {
      commitSize.observe(candidates.length)
      const whose = sharedBy(candidates.map(({ traceparent }) => traceparent))
      const committed = await inSpan('commit orders', whose, () => commit(candidates))
      crashPoint('api.after-commit')
      return committed
    },
    isOutage: isDatabaseOutage,
  })
  return {
    async place(request) {
      const committed = await group.submit({ ...request, orderId: uuidv7() })
      if ('order' in committed) return { order: committed.order, replayed: false }
      return { order: await orderAsPlaced(db, committed.replayOf), replayed: true }
    },
    warmUp: () => commit([]),
    flush: () => group.flush(),
  }
}

/** Draws until nobody else has the numbers: after a failover several processes may hold the same. */
const DRAWS = 4

async function withNumbers<Result>(
  numbers: OrderNumbers,
  candidates: readonly Candidate[],
  commit: (numbered: readonly Candidate[]) => Promise<Result>,
): Promise<Result> {
  for (let draw = 1; ; draw += 1) {
    const drawn = await numbers.draw(candidates.map(({ caller: { clientId } }) => clientId))
    try {
      return await commit(candidates.map((candidate, index) => ({ ...candidate, number: drawn[index]! })))
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION || draw === DRAWS) throw error
      numbers.forget()
    }
  }
}

const UNIQUE_VIOLATION = '23505'

async function orderAsPlaced(db: Database, id: string): Promise<VersionedOrder> {
  const stored = await findOrder(db, id)
  if (!stored) throw new Error(`Order ${id} is gone, but its idempotency key is not`)
  return placedOrder({ ...stored, orderId: id }, stored.placedAt)
}

interface Rules {
  readonly keepPaymentMethods: KeepPaymentMethods
  readonly rates: Rates
}

/** One transaction for all of them. Each gets its own answer; only what is wrong with the database fails the others. */
function commitOrders(
  db: Database,
  candidates: readonly Candidate[],
  { keepPaymentMethods, rates }: Rules,
): Promise<readonly (Committed | Error)[]> {
  return db.$transaction(
    async (tx) => {
      const decided = await settleReferences(tx, await decideAll(tx, candidates, rates))
      const { winners, ...keys } = await settleKeys(tx, decided)
      const events = await sealEvents(
        tx,
        winners.map(({ placed }) => placed),
      )
      const placedAt = await insertOrders(
        tx,
        winners.map(({ placed, request: { payment }, caller: { clientId, test } }, index) => {
          const { data, ...part } = events[index]!.stored ?? {}
          return { ...placed.data, ...data, ...part, payment, clientId, test }
        }),
        keepPaymentMethods,
      )
      await append(
        tx,
        winners.map(({ orderId, caller: { actor }, traceparent }, index) => ({
          event: events[index]!,
          correlationId: orderId,
          traceparent,
          actor,
          time: placedAt,
        })),
      )
      return decided.map((one) => answerFor(one, keys, placedAt))
    },
    { maxWait: 1_500, timeout: 5_000 },
  )
}

async function decideAll(tx: Transaction, candidates: readonly Candidate[], rates: Rates): Promise<Decided[]> {
  const skus = new Set(candidates.flatMap(({ request }) => request.lines.map(({ sku }) => sku)))
  const prices = { offers: await productsOf(tx, [...skus]), rates, at: new Date() }
  return candidates.map((candidate) => {
    try {
      return { ...candidate, placed: placeOrder(candidate.request, prices, candidate) }
    } catch (error) {
      if (error instanceof Refusal) return { ...candidate, refusal: error }
      throw error
    }
  })
}

type Winner = Candidate & { placed: Placed }

/** Who may be written, by order id: orders without a key, and the first one for each key. The holders answer for the others. */
async function settleKeys(tx: Transaction, decided: readonly Decided[]) {
  const placeable = decided.filter((one): one is Winner => one.placed !== undefined)
  const claims = placeable.flatMap(({ idempotency, orderId }) => (idempotency ? [{ ...idempotency, orderId }] : []))
  const claimed = await claimKeys(tx, claims)
  const winners = placeable.filter(({ idempotency, orderId }) => !idempotency || claimed.has(orderId))
  const won = new Set(winners.map(({ orderId }) => orderId))
  const others = decided.flatMap(({ idempotency, orderId }) => (idempotency && !won.has(orderId) ? [idempotency] : []))
  return { winners, won, holders: await holdersOf(tx, others) }
}

type Keys = Pick<Awaited<ReturnType<typeof settleKeys>>, 'holders' | 'won'>

function answerFor(one: Decided, { holders, won }: Keys, placedAt: Date): Committed | Error {
  const holder = one.idempotency && holders.get(keyOf(one.idempotency))
  if (holder && (!holder.orderId || holder.fingerprint !== one.idempotency.fingerprint)) return reusedKey()
  if (holder?.orderId) return { replayOf: holder.orderId }
  if (one.rival && !won.has(one.rival)) return rivalNotStored()
  if (one.refusal) return one.refusal
  if (!won.has(one.orderId)) return new Error('An idempotency key was taken and given up at the same time')
  return { order: placedOrder(one.placed.data, placedAt) }
}
