import { setTimeout as wait } from 'node:timers/promises'
import { createDice, type Dice } from '../dice.ts'

/** Two that everybody wants together, in either order; and two that run out. */
export const PRODUCTS = [
  { sku: 'CROSS-A', price: 1_250, received: 1_000_000 },
  { sku: 'CROSS-B', price: 695, received: 1_000_000 },
  { sku: 'PLAIN-1', price: 3_400, received: 1_000_000 },
  { sku: 'PLAIN-2', price: 450, received: 1_000_000 },
  { sku: 'PLAIN-3', price: 380, received: 1_000_000 },
  { sku: 'SCARCE-1', price: 8_900, received: 60 },
  { sku: 'SCARCE-2', price: 12_000, received: 5 },
] as const

/** What one customer wants, decided by the seed and the customer's number alone. */
export interface Wish {
  nth: number
  email: string
  body: string
  /** With a key the customer asks until there is an answer; without one, once. */
  key: string | undefined
  /** Sends the same request twice at once. */
  twice: boolean
  cancelAfterMs: number | undefined
  /** Cancels one piece of the first line, and not the whole order. */
  cancelsOne: boolean
}

/** What a customer knows at the end. */
export interface Customer {
  wish: Wish
  /** Ids in answers 202; more than one different is a fault of the system. */
  orderIds: Set<string>
  /** Refused for good, by status. */
  refused: number | undefined
  asked: number
  /** Asked with a key again and again, and was never answered. */
  gaveUp: boolean
  cancelled: 'no' | 'yes' | 'refused' | 'unknown'
}

export interface Bookkeeping {
  readonly customers: readonly Customer[]
  /** Milliseconds from a request to its answer 202. */
  readonly latencies: readonly number[]
  /** Longest time without any 202, in milliseconds. */
  readonly longestStallMs: number
  /** When it ended, in milliseconds from the start. */
  readonly stallEndedAtMs: number
  /** Answers and failures of POST /v1/orders, by what they were. */
  readonly answers: Readonly<Record<string, number>>
}

const TOKENS: readonly [token: string, weight: number][] = [
  ['pm_card_visa', 70],
  ['pm_card_mastercard', 10],
  ['pm_card_chargeDeclined', 6],
  ['pm_card_chargeDeclinedInsufficientFunds', 3],
  ['pm_sandbox_flaky', 6],
  ['pm_sandbox_timeout', 1],
  ['pm_sandbox_captureFail', 4],
]

function wishOf(seed: number, nth: number): Wish {
  const dice = createDice(seed).fork(nth)
  const email = `customer-${nth}@example.com`
  const order = {
    customer: { name: `Customer ${nth}`, email },
    shippingAddress: { line1: `${nth} High Street`, city: 'London', postalCode: 'EC1A 1BB', country: 'GB' },
    lines: linesOf(dice).map((sku) => ({ sku, quantity: dice.between(1, 3) })),
    payment: { token: weighted(dice, TOKENS) },
  }
  const key = dice.chance(0.6) ? `key-${nth}` : undefined
  return {
    nth,
    email,
    body: JSON.stringify(order),
    key,
    twice: key !== undefined && dice.chance(0.1),
    cancelAfterMs: dice.chance(0.12) ? dice.between(0, 3_000) : undefined,
    cancelsOne: dice.chance(0.4),
  }
}

function linesOf(dice: Dice): string[] {
  if (dice.chance(0.03)) return [dice.pick(['SCARCE-1', 'SCARCE-2']), 'CROSS-A']
  if (dice.chance(0.6)) return dice.shuffle(['CROSS-A', 'CROSS-B'])
  return dice.shuffle(['PLAIN-1', 'PLAIN-2', 'PLAIN-3', 'CROSS-A']).slice(0, dice.between(1, 3))
}

function weighted(dice: Dice, choices: typeof TOKENS): string {
  let left = dice.next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
  return choices.find(([, weight]) => (left -= weight) < 0)?.[0] ?? choices[0]![0]
}

interface Target {
  /** Of one API process or several, asked in turn; looked at for each request. */
  apiUrls: readonly string[]
  apiKey: string
  seed: number
}

/** The books of all customers of one run. */
export interface Books extends Bookkeeping {
  /** The next customer comes in. */
  come(): Customer
  /** One request for the order. @returns true when it is answered for good */
  ask(customer: Customer): Promise<boolean>
  cancel(customer: Customer): Promise<void>
}

const PATIENCE_MS = 10_000

export function openBooks({ apiUrls, apiKey, seed }: Target): Books {
  const customers: Customer[] = []
  const latencies: number[] = []
  const answers: Record<string, number> = {}
  const began = performance.now()
  const stall = { last: began, longestMs: 0, endedAtMs: 0 }

  const count = (what: string) => (answers[what] = (answers[what] ?? 0) + 1)
  const noteAcceptance = (started: number) => {
    const now = performance.now()
    latencies.push(now - started)
    if (now - stall.last > stall.longestMs) {
      stall.longestMs = now - stall.last
      stall.endedAtMs = now - began
    }
    stall.last = now
  }
  let requests = 0
  const send = (path: string, body: string, key?: string) =>
    fetch(`${apiUrls[requests++ % apiUrls.length]}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        ...(key && { 'idempotency-key': key }),
      },
      body,
      signal: AbortSignal.timeout(PATIENCE_MS),
    })

  const cancelOne = async (id: string, { body, nth }: Wish, reason: string) => {
    const { lines } = JSON.parse(body) as { lines: { sku: string }[] }
    const wanted = JSON.stringify({ lines: [{ sku: lines[0]!.sku, quantity: 1 }], reason })
    await (await send(`/v1/orders/${id}/lines/cancel`, wanted, `one-less-${nth}`)).arrayBuffer()
  }

  return {
    customers,
    latencies,
    answers,
    get longestStallMs() {
      return stall.longestMs
    },
    get stallEndedAtMs() {
      return stall.endedAtMs
    },
    come() {
      const wish = wishOf(seed, customers.length)
      const customer: Customer = {
        wish,
        orderIds: new Set(),
        refused: undefined,
        asked: 0,
        gaveUp: false,
        cancelled: 'no',
      }
      customers.push(customer)
      return customer
    },
    async ask(customer) {
      const started = performance.now()
      customer.asked++
      try {
        const response = await send('/v1/orders', customer.wish.body, customer.wish.key)
        const answer = (await response.json()) as { id: string }
        count(String(response.status))
        if (response.status === 202) {
          customer.orderIds.add(answer.id)
          noteAcceptance(started)
          return true
        }
        if (response.status < 500 && response.status !== 429) customer.refused = response.status
        return customer.refused !== undefined
      } catch {
        count('no answer')
        return false
      }
    },
    async cancel(customer) {
      try {
        const [id] = customer.orderIds
        const reason = 'Changed my mind'
        if (customer.wish.cancelsOne) return await cancelOne(id!, customer.wish, reason)
        const response = await send(`/v1/orders/${id}/cancel`, JSON.stringify({ reason }))
        await response.arrayBuffer()
        customer.cancelled = response.status === 200 ? 'yes' : response.status === 409 ? 'refused' : 'unknown'
      } catch {
        customer.cancelled = 'unknown'
      }
    },
  }
}

const MOST_AT_ONCE = 100
/** For those with a key, after the last order was due. */
const LAST_CALL_MS = 90_000

/** Places orders evenly over the duration, whatever happens to the system. */
export async function placeOrders(books: Books, orders: number, durationMs: number): Promise<void> {
  const began = performance.now()
  const under = new Set<Promise<void>>()
  for (let nth = 0; nth < orders; nth++) {
    const due = began + (nth * durationMs) / orders
    if (due > performance.now()) await wait(due - performance.now())
    while (under.size >= MOST_AT_ONCE) await Promise.race(under)
    const served: Promise<void> = serve(books, books.come(), began + durationMs + LAST_CALL_MS).finally(() =>
      under.delete(served),
    )
    under.add(served)
  }
  await Promise.all(under)
}

/** One customer from the first request to the last. */
async function serve(books: Books, customer: Customer, end: number): Promise<void> {
  const { wish } = customer
  const asks = wish.twice ? [books.ask(customer), books.ask(customer)] : [books.ask(customer)]
  let answered = (await Promise.all(asks)).every(Boolean)
  for (let pause = 250; wish.key && !answered && performance.now() < end; pause = Math.min(2_000, pause * 2)) {
    await wait(pause)
    answered = await books.ask(customer)
  }
  customer.gaveUp = wish.key !== undefined && !answered
  if (wish.cancelAfterMs === undefined || customer.orderIds.size === 0) return
  await wait(wish.cancelAfterMs)
  await books.cancel(customer)
}
