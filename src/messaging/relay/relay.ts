import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Broker } from '../broker/broker.ts'
import { exchangesFor, topologyOf, type Names } from '../broker/topology.ts'
import { crashPoint } from '../crash-points.ts'
import { relayPosition, relayedEvents, unroutedEvents } from '../metrics.ts'
import { createBrokerCheck } from '../reconcile/broker-check.ts'
import { createRecovery } from '../reconcile/recovery.ts'
import { knownSubscriptions } from '../worker/subscribe.ts'
import { createGapReader } from './gap-reader.ts'
import { acquireLease, LEASE_MS, type Lease } from './lease.ts'
import { toEverybody } from './outgoing.ts'
import { readEvents, runningAppenders, type StoredRow } from './read-events.ts'

export interface RelayOptions {
  db: Database
  broker: Broker
  names: Names
  ladder: readonly number[]
  log: Logger
  /** Names this process as the holder of the lease. */
  instance: string
  /** Most events of one read, and so of one wait for confirms. @default 1000 */
  readSize?: number
  /** Milliseconds between looks at the event store when no wake-up comes. @default 500 */
  pollMs?: number
}

export interface Relay {
  /** Something was committed: look now. */
  wake(): void
  stop(): Promise<void>
}

const LEASE_NAME = 'relay'
/** Milliseconds until a gap is looked at again; it lasts from drawing a position to the commit. */
const GAP_MS = 5
/** Milliseconds after which a gap is looked into with more than its snapshot. */
const LASTING_GAP_MS = 100

/**
 * Announces the facts of the event store on the exchanges, in order of position, at least once each. One relay is
 * active, any number stand by and take over within about `LEASE_MS`. The checkpoint moves only over confirmed events.
 */
export function startRelay(options: RelayOptions): Relay {
  const { db, log, instance, pollMs = 500 } = options
  const stopping = new AbortController()
  let wakeUp = new AbortController()
  const checkBroker = createBrokerCheck(options)
  const recovery = createRecovery(options)
  /** Tried again with each pass; a failure does not keep events from being announced. */
  const heal = async () => {
    if (options.broker.publishingPaused) return
    try {
      await checkBroker()
      await recovery.tick()
    } catch (err) {
      log.warn({ reason: (err as Error).message }, 'the broker could not be checked for lost messages, trying again')
    }
  }

  const pause = async (ms: number) => {
    await wait(ms, undefined, { signal: AbortSignal.any([stopping.signal, wakeUp.signal]) }).catch(() => {})
    wakeUp = new AbortController()
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        const lease = await acquireLease(db, LEASE_NAME, instance)
        if (lease) {
          log.info({ token: String(lease.token), position: String(lease.position) }, 'relay active')
          await relayUnder(lease, options, heal, pause, stopping.signal)
        } else {
          await wait(LEASE_MS / 3, undefined, { signal: stopping.signal }).catch(() => {})
        }
      } catch (err) {
        log.warn({ reason: (err as Error).message }, 'relay interrupted, starting over from the checkpoint')
        await wait(250, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }
  const running = run()
  return {
    wake: () => wakeUp.abort(),
    async stop() {
      stopping.abort()
      await running
      await recovery.stop()
    },
  }

  async function relayUnder(
    lease: Lease,
    ...rest: [RelayOptions, () => Promise<void>, (ms: number) => Promise<void>, AbortSignal]
  ) {
    try {
      await relayLoop(lease, ...rest, pollMs)
    } finally {
      await lease.release().catch(() => {}) // it runs out by itself
    }
  }
}

async function relayLoop(
  lease: Lease,
  options: RelayOptions,
  heal: () => Promise<void>,
  pause: (ms: number) => Promise<void>,
  signal: AbortSignal,
  pollMs: number,
) {
  const { db, broker, log, readSize = 1_000 } = options
  const gaps = createGapReader()
  const topology = keepTopology(options)
  let renewAt = performance.now() + LEASE_MS / 3
  let gapSince: number | undefined
  while (!signal.aborted) {
    await heal() // after the checkpoint was moved, before anything is published to a broker that may be a new one
    const { rows, snapshot } = await readEvents(db, lease.position, readSize)
    const reading = gaps.next(lease.position, rows, snapshot)
    if (!lease.isSure) return log.warn('relay lease ran out, standing by')
    const announced = reading.position > lease.position && !broker.publishingPaused
    if (announced) await announce(reading.rows, topology, options)
    if (announced || performance.now() > renewAt) {
      if (!(await lease.advance(announced ? reading.position : lease.position)))
        return log.warn('relay lease was taken over, standing by')
      renewAt = performance.now() + LEASE_MS / 3
      relayPosition.set(Number(lease.position))
    }
    gapSince = reading.waiting ? (gapSince ?? performance.now()) : undefined
    if (gapSince && performance.now() - gapSince > LASTING_GAP_MS) gaps.noteAppenders(await runningAppenders(db))
    if (reading.waiting) await pause(GAP_MS)
    else if (rows.length < readSize || !announced) await pause(Math.min(pollMs, LEASE_MS / 3))
  }
}

/** Publishes until no subscribed event comes back unrouted. */
async function announce(rows: readonly StoredRow[], topology: Topology, { broker, names, db, log }: RelayOptions) {
  await topology.ensure(rows)
  crashPoint('relay.before-publish')
  const unroutable = await broker.publish(rows.map((row) => toEverybody(row, names)))
  crashPoint('relay.after-confirm')
  relayedEvents.inc(rows.length)
  if (unroutable.size === 0) return
  const subscribed = new Set([...(await knownSubscriptions(db)).values()].flat())
  const lost = rows.filter(({ id, type }) => unroutable.has(id) && subscribed.has(type))
  if (lost.length === 0) return // nobody is on these types: announced to an empty room
  const types = [...new Set(lost.map(({ type }) => type))]
  for (const { type } of lost) unroutedEvents.inc({ type })
  log.error(
    { types, events: lost.length },
    'subscribed events found no queue; declaring the topology and publishing again',
  )
  topology.forget()
  await topology.ensure(lost)
  const still = await broker.publish(lost.map((row) => toEverybody(row, names)))
  if (still.size > 0)
    throw new Error(`${still.size} subscribed events found no queue although the topology was declared`)
}

interface Topology {
  /** Declares what these events need, and the queues of every known reaction, unless that was done on this connection. */
  ensure(rows: readonly StoredRow[]): Promise<void>
  forget(): void
}

/** The queues of every known reaction exist before anything is announced, whether or not their processes run. */
function keepTopology({ db, broker, names, ladder }: RelayOptions): Topology {
  let declared: Set<string> | undefined
  broker.onConnect(() => (declared = undefined))
  const declareKnown = async () => {
    const types = new Set<string>()
    for (const [name, eventTypes] of await knownSubscriptions(db)) {
      await broker.declare(topologyOf(names, { name, eventTypes }, ladder))
      for (const type of eventTypes) types.add(type)
    }
    return types
  }
  return {
    forget() {
      declared = undefined
    },
    async ensure(rows) {
      const known = (declared ??= await declareKnown())
      const missing = [...new Set(rows.map(({ type }) => type))].filter((type) => !known.has(type))
      if (missing.length === 0) return
      await broker.declare(exchangesFor(names, missing))
      for (const type of missing) known.add(type)
    },
  }
}
