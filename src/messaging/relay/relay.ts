import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#platform/backoff'
import { createBell } from '#platform/process/bell'
import { plainMessage, type Transaction } from '#platform/database'
import type { RelayNeighbours, RelayOptions } from './options.ts'
import { publishLoop } from './publish-loop.ts'
import { acquireRelayLease, LEASE_MS, type RelayLease } from './relay-lease.ts'

export interface Relay {
  /** Something was committed: look now. */
  wake(): void
  stop(): Promise<void>
}

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000

/**
 * Publishes the facts of the event store on the exchanges, in order of position, at least once each. One relay is
 * active, any number stand by and take over within about `LEASE_MS`; one that does not reach the broker leaves its place
 * to one that does. The checkpoint moves only over confirmed events.
 *
 * A queue that takes no messages delays its own reaction only. A store that is another one than before (PostgreSQL failed
 * over, or was restored) is published from its own checkpoint on, and recovery is requested for every reaction.
 */
export function runRelay(options: RelayOptions & RelayNeighbours): Relay {
  const { broker, log } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const bell = createBell()
  signal.addEventListener('abort', bell.ring)
  const backoff = createBackoff(FIRST_RETRY_MS, LONGEST_RETRY_MS)
  const pauseFor = (ms: number) => wait(ms, undefined, { signal }).catch(() => {})

  const holdLease = async ({ lease, position }: RelayLease) => {
    const began = performance.now()
    log.info({ token: String(lease.token), position: String(position) }, 'relay active')
    const defaults = { readSize: 1_000 }
    try {
      await publishLoop({ ...defaults, ...options, lease, position, signal, pause: bell.wait })
      if (!signal.aborted) log.warn(`relay stands by: its lease has ended, ${lease.ended}`)
    } finally {
      if (performance.now() - began > LONGEST_RETRY_MS) backoff.reset()
      await lease.release().catch(() => {}) // or it runs out by itself
    }
  }
  const run = async () => {
    while (!signal.aborted) {
      try {
        const acquired = broker.publishingPaused ? undefined : await acquireRelayLease(leaseOptions(options))
        if (acquired) await holdLease(acquired)
        else await pauseFor(LEASE_MS / 3)
      } catch (error) {
        log.warn({ reason: plainMessage(error as Error) }, 'relay interrupted, starting over from the checkpoint')
        await pauseFor(backoff.next())
      }
    }
  }
  const running = run()
  return {
    wake: bell.ring,
    async stop() {
      stopping.abort()
      await running
      await options.stop()
    },
  }
}

function leaseOptions({ db, instance, log, subscriptions, ...neighbours }: RelayOptions & RelayNeighbours) {
  return {
    db,
    instance,
    async onOtherStore(tx: Transaction, { reason, checkpoint }: { reason: string; checkpoint: bigint }) {
      log.error(`${reason}; publishing from the store's own checkpoint ${checkpoint}, with recovery for every reaction`)
      await neighbours.requestRecovery(tx, [...(await subscriptions()).keys()])
      await neighbours.lowerWatermarks(tx, checkpoint)
    },
  }
}
