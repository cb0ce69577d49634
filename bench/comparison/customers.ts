// Also imported by bench/peers/main.mjs, whose Node runs TypeScript as it is.
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { onSchedule } from '../load/generator.ts'

export interface Demand {
  /** How long customers come; without end when it is not said. */
  SECONDS?: string
  /** Orders a second, on a fixed schedule; without it 16 customers who order again as soon as they are answered. */
  RATE?: string
  /** A file for the orders whose customer was answered. */
  ANSWERED?: string
}

const CUSTOMERS = 16

/** Resolves when all are placed. @param place resolves when the customer of this order is answered */
export async function placeOrders(place: (orderId: string) => Promise<unknown>, demand: Demand): Promise<void> {
  const { SECONDS = 'Infinity', RATE, ANSWERED } = demand
  const order = async () => {
    const orderId = randomUUID()
    await place(orderId)
    if (ANSWERED) appendFileSync(ANSWERED, `${orderId}\n`)
  }
  const end = performance.now() + Number(SECONDS) * 1_000
  const customer = async () => {
    while (performance.now() < end) await order()
  }
  const orTellThatItFailed = () => order().catch(() => {})
  if (RATE) await onSchedule(Number(RATE), Number(SECONDS), orTellThatItFailed)
  else await Promise.all(Array.from({ length: CUSTOMERS }, customer))
}
