// The load, in a process of its own: what it takes to ask is not mixed with what it takes to answer.
import { serveCommands } from '../stage/remote.ts'
import { latenciesOf, type Latencies } from '../statistics.ts'
import { openConnection, type Answer, type HttpConnection } from './http-connection.ts'
import { orderRequest } from './orders.ts'

interface Target {
  host: string
  port: number
}

export interface ClosedLoop extends Target {
  clients: number
  /** Ports of further servers; the clients are dealt out to all of them. */
  more?: readonly number[]
  /** Ends when so many seconds are over, or so many orders are placed. */
  seconds?: number
  orders?: number
}

export interface Load {
  /** From the first request to the last answer. */
  seconds: number
  placed: number
  /** Answers by status; 0 is no answer. */
  answers: Record<number, number>
  latencies: Latencies
}

let nth = 0

/** Each client sends its next order when it has the answer to the last one. */
async function closedLoop(plan: ClosedLoop): Promise<Load> {
  const { host, clients, seconds = Infinity, orders = Infinity } = plan
  const ports = [plan.port, ...(plan.more ?? [])]
  const answers: Record<number, number> = {}
  const latencies: number[] = []
  const began = performance.now()
  const end = began + seconds * 1_000
  let left = orders
  const client = async (_: unknown, index: number) => {
    const port = ports[index % ports.length]!
    const connection = openConnection(host, port)
    while (performance.now() < end && left-- > 0) {
      const started = performance.now()
      const { status } = await connection.send(orderRequest(`${host}:${port}`, ++nth))
      latencies.push(performance.now() - started)
      answers[status] = (answers[status] ?? 0) + 1
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: clients }, client))
  return {
    seconds: (performance.now() - began) / 1_000,
    placed: answers[202] ?? 0,
    answers,
    latencies: latenciesOf(latencies),
  }
}

export interface OpenLoop extends Target {
  /** One after the other. */
  phases: readonly { rate: number; seconds: number }[]
}

export interface Click {
  /** When the customer clicked by the schedule, in milliseconds since 1970. */
  at: number
  /** Milliseconds from there to the answer. */
  ms: number
  status: number
  orderId: string | undefined
  phase: number
}

const MOST_CONNECTIONS = 1_000

/**
 * Orders at fixed times, whether or not earlier ones are answered; latency counts from the time an order was due. A slow
 * server therefore cannot slow down the questions and so hide its own slowness.
 */
async function openLoop({ host, port, phases }: OpenLoop): Promise<Click[]> {
  const clicks: Click[] = []
  const idle: HttpConnection[] = []
  const waiting: ((connection: HttpConnection) => void)[] = []
  let open = 0
  const take = async () => {
    const free = idle.pop()
    if (free) return free
    if (open < MOST_CONNECTIONS) return openConnection(host, (open++, port))
    return new Promise<HttpConnection>((resolve) => waiting.push(resolve))
  }
  const click = async (due: number, phase: number) => {
    const connection = await take()
    const { status, body } = await connection.send(orderRequest(`${host}:${port}`, ++nth))
    clicks.push({
      at: performance.timeOrigin + due,
      ms: performance.now() - due,
      status,
      orderId: idOf({ status, body }),
      phase,
    })
    const next = waiting.shift()
    if (next) next(connection)
    else idle.push(connection)
  }
  const under: Promise<void>[] = []
  let phaseStart = performance.now()
  for (const [phase, { rate, seconds }] of phases.entries()) {
    const total = Math.round(rate * seconds)
    for (let n = 0; n < total; n++) {
      const due = phaseStart + (n / rate) * 1_000
      const ahead = due - performance.now()
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead))
      under.push(click(due, phase))
    }
    phaseStart += seconds * 1_000
  }
  await Promise.all(under)
  for (const connection of idle) connection.close()
  return clicks
}

function idOf({ status, body }: Answer): string | undefined {
  return status === 202 ? /"id":"([0-9a-f-]{36})"/.exec(body)?.[1] : undefined
}

serveCommands({ closedLoop, openLoop })
