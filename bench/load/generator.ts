import { setTimeout as wait } from 'node:timers/promises'
import { latenciesOf, type Latencies } from '../statistics.ts'
import { openConnection } from './http-connection.ts'
import { orderRequest } from './orders.ts'

type Connection = ReturnType<typeof openConnection>

let nth = 0

/** A database whose disk is busy for seconds is answered with 503, and the client sends its request again. */
const MOST_REPEATS = 3

/** @returns the id of the order. @throws when it was not accepted */
async function placeOrder(connection: Connection): Promise<string> {
  const request = orderRequest(++nth)
  for (let repeats = 0; ; repeats++) {
    const { status, body } = await connection.send(request)
    const orderId = /"id":"([0-9a-f-]{36})"/.exec(body)?.[1]
    if (status === 202 && orderId) return orderId
    if (status !== 503 || repeats === MOST_REPEATS) throw new Error(`an order was answered with ${status}: ${body}`)
  }
}

interface ClosedLoop {
  port: number
  clients: number
  /** Ends when so many seconds are over, or so many orders are placed. */
  seconds?: number
  orders?: number
}

interface Load {
  /** From the first request to the last answer. */
  seconds: number
  placed: number
  latencies: Latencies
}

/** Each client sends its next order when it has the answer to the last one. */
export async function closedLoop({ port, clients, seconds = Infinity, orders = Infinity }: ClosedLoop): Promise<Load> {
  const latencies: number[] = []
  const began = performance.now()
  const end = began + seconds * 1_000
  let left = orders
  const client = async () => {
    const connection = openConnection(port)
    while (performance.now() < end && left-- > 0) {
      const started = performance.now()
      await placeOrder(connection)
      latencies.push(performance.now() - started)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: clients }, client))
  const took = (performance.now() - began) / 1_000
  return { seconds: took, placed: latencies.length, latencies: latenciesOf(latencies) }
}

export interface Click {
  /** Milliseconds from when the customer clicked, by the schedule, to the answer. */
  ms: number
  orderId: string
}

/**
 * Orders at fixed times, whether or not earlier ones are answered; latency counts from the time an order was due. A slow
 * server therefore cannot slow down the questions and so hide its own slowness.
 */
export async function openLoop(port: number, rate: number, seconds: number): Promise<Click[]> {
  const idle: Connection[] = []
  const click = async (due: number): Promise<Click> => {
    let connection = idle.pop()
    if (!connection?.isOpen()) connection = openConnection(port)
    const orderId = await placeOrder(connection)
    idle.push(connection)
    return { ms: performance.now() - due, orderId }
  }
  const clicks = await onSchedule(rate, seconds, click)
  for (const connection of idle) connection.close()
  return clicks
}

/** Begins so much each second, evenly. @param work is told when it was due */
export async function onSchedule<T>(rate: number, seconds: number, work: (due: number) => Promise<T>): Promise<T[]> {
  const began = performance.now()
  const under: Promise<T>[] = []
  for (let nth = 0; nth < Math.round(rate * seconds); nth++) {
    const due = began + (nth / rate) * 1_000
    await wait(Math.max(0, due - performance.now()))
    const begun = work(due)
    begun.catch(() => {}) // told when all are awaited
    under.push(begun)
  }
  return Promise.all(under)
}
