import { setTimeout as wait } from 'node:timers/promises'
import { createDice } from '../../../test/chaos/dice.ts'
import { Driver, type Work } from './driver.ts'
import { ride, type Asked } from './rider.ts'
import type { RidesApi } from './rides-api.ts'

export interface SimulationOptions {
  drivers: number
  /** Evenly over each minute. */
  tripsPerMinute: number
  /** Decides who wants to go where, and who answers what. */
  seed: number
  /** How much faster than a clock the city lives. @default 40 */
  speed?: number
  /** Milliseconds that riders come. @default without end */
  durationMs?: number
  /** Milliseconds that a rider asks for a trip without getting an answer. @default 60000 */
  patienceMs?: number
}

export interface Simulation {
  /** What riders know. */
  readonly asked: readonly Asked[]
  /** Resolves when the last rider has come and has his answer. */
  readonly done: Promise<void>
  /** Drivers go on until then. */
  stop(): Promise<void>
}

const STEP_MS = 250
const REPORT_MS = 1_000
const LOOK_MS = 400
const METERS_PER_SECOND = 5.4
/** Riders who wait for an answer: while the system does not answer, no more come. */
const MOST_AT_ONCE = 150

/** Riders and drivers with phones, who know of the system what its API tells them. */
export async function simulate(api: RidesApi, options: SimulationOptions): Promise<Simulation> {
  const { drivers: count, seed, speed = 40 } = options
  const dice = createDice(seed)
  const drivers = Array.from({ length: count }, (_, nth) => new Driver(`driver-${nth + 1}`, dice.fork(nth)))
  await register(api, drivers)
  const ending = new AbortController()
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const asked: Asked[] = []
  const every = (ms: number, act: () => Promise<void> | void) => repeat(ms, ending.signal, act)
  const loops = [
    every(STEP_MS, () => {
      for (const driver of drivers) driver.move((METERS_PER_SECOND * speed * STEP_MS) / 1_000, seconds())
    }),
    every(REPORT_MS, () => report(api, drivers)),
    every(LOOK_MS, () => look(api, drivers)),
  ]
  return {
    asked,
    done: comeAndAsk(api, options, asked, ending.signal),
    async stop() {
      ending.abort()
      await Promise.all(loops)
    },
  }
}

async function register(api: RidesApi, drivers: readonly Driver[]): Promise<void> {
  const ids = drivers.map(({ id }) => id)
  for (let tries = 0; (await api.ask('PUT', '/v1/drivers', { drivers: ids })).status !== 204; tries++) {
    if (tries === 60) throw new Error('The API does not take the drivers.')
    await wait(500)
  }
}

async function repeat(ms: number, signal: AbortSignal, act: () => Promise<void> | void): Promise<void> {
  while (!signal.aborted) {
    const next = performance.now() + ms
    await act()
    await wait(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {})
  }
}

async function report(api: RidesApi, drivers: readonly Driver[]): Promise<void> {
  await api.ask('PUT', '/v1/drivers/positions', { drivers: drivers.map(({ id, at, free }) => ({ id, ...at, free })) })
}

/** All phones look at once; what each then does goes on beside the next look. */
async function look(api: RidesApi, drivers: readonly Driver[]): Promise<void> {
  const { status, body } = await api.ask('GET', '/v1/drivers/work')
  if (status !== 200) return
  const work = new Map((body as { work: Work[] }).work.map((one) => [one.driverId, one]))
  for (const driver of drivers) void driver.look(work.get(driver.id), api)
}

async function comeAndAsk(api: RidesApi, options: SimulationOptions, asked: Asked[], signal: AbortSignal) {
  const { tripsPerMinute, seed, durationMs = Infinity, patienceMs = 60_000 } = options
  const began = performance.now()
  const dice = createDice(seed).fork(1_000_000)
  const under = new Set<Promise<void>>()
  for (let nth = 0; !signal.aborted; nth++) {
    const due = (nth * 60_000) / tripsPerMinute
    if (due > durationMs) break
    const early = began + due - performance.now()
    if (early > 0) await wait(early, undefined, { signal }).catch(() => {})
    while (under.size >= MOST_AT_ONCE && !signal.aborted) await Promise.race(under)
    if (signal.aborted) break
    const one: Promise<void> = ride(api, dice.fork(nth), due / 1_000, patienceMs)
      .then((rider) => void asked.push(rider))
      .finally(() => under.delete(one))
    under.add(one)
  }
  await Promise.all(under)
}
