import { setTimeout as wait } from 'node:timers/promises'
import type { InstanceSet } from '../../dev/services/index.ts'
import { createDice } from './dice.ts'
import { FAULTS, isHarmless, needsWire, type FaultName } from './faults/faults.ts'
import { slowestDelivery, undisturbed } from './promises/pace.ts'
import { settle } from './promises/settle.ts'
import { planFaults, type PlannedFault } from './faults/timeline.ts'
import type { Kept } from './promises/kept.ts'
import type { Subject, World } from './subject.ts'
import { openWorld } from './world/world.ts'

export interface RunOptions {
  subject: Subject
  orders: number
  durationMs: number
  seed: number
  faults: readonly FaultName[]
  settleMs: number
  keep: boolean
}

interface Injected {
  fault: FaultName
  /** Missing when it could not be done. */
  done?: string
}

export interface Report {
  options: RunOptions
  /** Of those who came, one line each. */
  figures: readonly string[]
  injected: readonly Injected[]
  settledAfterMs: number | undefined
  promises: readonly Kept[]
}

type Say = (line: string) => void

/** One run, from empty services to the verdict. Everything is stopped at the end, and when it is `interrupted`. */
export async function run(
  set: InstanceSet,
  options: RunOptions,
  say: Say,
  interrupted: Promise<never>,
): Promise<Report> {
  const proxied = options.faults.some(needsWire)
  const world = await openWorld(set, createDice(options.seed).fork(0), say, { proxied, subject: options.subject })
  try {
    return await Promise.race([hurtAndWatch(world, options, say), interrupted])
  } finally {
    say('stopping everything')
    await world.close(options.keep)
  }
}

async function hurtAndWatch(world: World, options: RunOptions, say: Say): Promise<Report> {
  const { seed, durationMs, orders } = options
  const plan = planFaults(seed, durationMs, options.faults)
  say(`${orders} come in ${durationMs / 60_000} min while ${plan.length} faults are injected; seed ${seed}`)
  const began = performance.now()
  const visit = options.subject.visit(world, { orders, durationMs, seed })
  const [, injected] = await Promise.all([visit.done, injectAll(world, plan, began, say)])
  await visit.end()
  world.network.heal()
  say(`${clock(began)}  the last one is answered and the last fault is over; waiting until nothing is under way`)
  const settledAfterMs = await untilSettled(world, options.settleMs, say)
  await visit.leave()
  const promises = await visit.verify()
  if (options.faults.every(isHarmless)) promises.push(...(await undisturbed(world.database)))
  say(await slowestDelivery(world.database))
  const ends = world.processes.unwantedEnds
  const alive: Kept = {
    promise: 'no process at work ended by itself',
    broken: ends.flatMap(({ name, wasReady, lastWords }) => (wasReady ? [`${name}: ${lastWords}`] : [])),
  }
  return {
    options,
    figures: await visit.tell(),
    injected,
    settledAfterMs,
    promises: [...promises, alive],
  }
}

async function untilSettled(world: World, withinMs: number, say: Say): Promise<number | undefined> {
  const began = performance.now()
  const open = await settle(world, withinMs)
  if (!open) return performance.now() - began
  say(
    `not settled after ${withinMs / 1_000} s: ${open.unrelayed} events not published, ${open.unhandled} not handled, ${open.unfinished} not finished`,
  )
  return undefined
}

async function injectAll(world: World, plan: readonly PlannedFault<FaultName>[], began: number, say: Say) {
  const injected: Promise<Injected>[] = []
  for (const planned of plan) {
    await wait(Math.max(0, planned.atMs - (performance.now() - began)))
    injected.push(inject(world, planned, began, say))
  }
  return Promise.all(injected)
}

const AGAIN_MS = 1_000
const TRIES = 15

/** A fault that needs what another one has taken away comes a little later. */
async function inject(
  world: World,
  { fault, seed }: PlannedFault<FaultName>,
  began: number,
  say: Say,
): Promise<Injected> {
  const at = clock(began)
  for (let tries = 1; ; tries++) {
    try {
      const done = await FAULTS[fault].inject(world, createDice(seed))
      say(`${at}  ${fault.padEnd(16)}  ${done}`)
      return { fault, done }
    } catch (error) {
      if (tries === TRIES) {
        say(`${at}  ${fault.padEnd(16)}  could not be done: ${(error as Error).message}`)
        return { fault }
      }
      await wait(AGAIN_MS)
    }
  }
}

function clock(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s`
}
