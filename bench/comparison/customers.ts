// Also imported by bench/peers/main.mjs, whose Node runs TypeScript as it is.
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** Stores an order and sees to its reactions. Resolves when its customer is answered. */
type Place = (orderId: string) => Promise<unknown>

export interface Demand {
  /** Orders in all; without end when it is not said. */
  COUNT?: string
  /** Orders a second, on a fixed schedule; without it 16 customers who order again as soon as they are answered. */
  RATE?: string
  /** A file for the orders whose customer was answered. */
  ANSWERED?: string
}

/** More orders a second would only fill the tables. */
const FASTEST = 200

/** Orders a second at half the pace: under load, and still able to catch up. */
export const easyRate = (ordersPerS: number) => Math.min(FASTEST, ordersPerS / 2)

/** Resolves when all are placed. */
export async function placeOrders(place: Place, { COUNT, RATE, ANSWERED }: Demand): Promise<void> {
  const count = COUNT ? Number(COUNT) : Infinity
  if (RATE) await onSchedule(place, { count, rate: Number(RATE), notes: ANSWERED })
  else await inLoops(place, count)
}

const CUSTOMERS = 16

async function inLoops(place: Place, count: number): Promise<void> {
  let left = count
  const customer = async () => {
    while (left-- > 0) await place(randomUUID())
  }
  await Promise.all(Array.from({ length: CUSTOMERS }, customer))
}

interface OnSchedule {
  count: number
  rate: number
  notes: string | undefined
}

async function onSchedule(place: Place, { count, rate, notes }: OnSchedule): Promise<void> {
  const began = performance.now()
  for (let nth = 1; nth <= count; nth++) {
    const orderId = randomUUID()
    place(orderId).then(
      () => notes && appendFileSync(notes, `${orderId}\n`),
      () => {}, // a customer who was told that it failed
    )
    await wait(began + (nth * 1_000) / rate - performance.now())
  }
}
