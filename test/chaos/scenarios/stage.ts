import { setTimeout as wait } from 'node:timers/promises'
import type { Books } from '../customers/customers.ts'
import { settle } from '../promises/settle.ts'
import type { Kept } from '../promises/kept.ts'
import type { World } from '../subject.ts'

/** One failure, looked at closely. */
export interface Scenario {
  summary: string
  /** Plays on three RabbitMQ nodes. @default false */
  clustered?: boolean
  /** Commits are lost on purpose: the customers know orders that nobody else does. @default false */
  mayLose?: boolean
  /** Plays on a PostgreSQL with a standby. @default false */
  paired?: boolean
  /** Says what it measured; answers what was promised and whether it was kept. */
  play(world: World, stage: Stage): Promise<Kept[]>
}

export interface Stage {
  books: Books
  /** Where the customers ask, in turn. */
  apiUrls: string[]
  seed: number
  say: (line: string) => void
}

const SETTLE_MS = 120_000
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

export const percentile = (values: readonly number[], share: number) => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0
}

/** Places orders at a rate, without retries, cancellations or anything else. @returns how many were answered */
export async function place({ books }: Pick<Stage, 'books'>, orders: number, perSecond: number): Promise<number> {
  const asked: Promise<boolean>[] = []
  const began = performance.now()
  for (let nth = 0; nth < orders; nth++) {
    await wait(Math.max(0, began + (nth * 1_000) / perSecond - performance.now()))
    asked.push(books.ask(books.come()))
  }
  return (await Promise.all(asked)).filter(Boolean).length
}

/** Places orders at a rate for as long as the work takes. @returns how many, and how many of them were answered */
export async function placeDuring(
  stage: Pick<Stage, 'books'>,
  perSecond: number,
  work: Promise<unknown>,
): Promise<{ asked: number; answered: number }> {
  let isOver = false
  const ended = work.finally(() => (isOver = true))
  let [asked, answered] = [0, 0]
  for (; !isOver; asked += perSecond) answered += await place(stage, perSecond, perSecond)
  await ended
  return { asked, answered }
}

export async function untilSettled(world: Pick<World, 'database' | 'subject'>): Promise<{ ms: number; settled: Kept }> {
  const began = performance.now()
  const open = await settle(world, SETTLE_MS)
  const broken = open ? [`still open: ${JSON.stringify(open)}`] : []
  return { ms: performance.now() - began, settled: { promise: `everything comes to its end`, broken } }
}

export const atMost = (promise: string, measured: number, limit: number): Kept => ({
  promise,
  broken: measured <= limit ? [] : [`${Math.round(measured)} ms; at most ${limit} ms`],
})

export const all = (promise: string, good: number, of: number): Kept => ({
  promise,
  broken: good === of ? [] : [`${of - good} of ${of} not`],
})
