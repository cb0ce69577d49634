import { setTimeout as wait } from 'node:timers/promises'
import { createBrokerCheck } from '../reconcile/broker-check.ts'
import { createRecovery } from '../reconcile/recovery.ts'
import { publishLoop } from './publish-loop.ts'
import { acquireLease, LEASE_MS } from './lease.ts'
import type { RelayOptions } from './options.ts'

export interface Relay {
  /** Something was committed: look now. */
  wake(): void
  stop(): Promise<void>
}

const LEASE_NAME = 'relay'

/**
 * Publishes the facts of the event store on the exchanges, in order of position, at least once each. One relay is
 * active, any number stand by and take over within about `LEASE_MS`. The checkpoint moves only over confirmed events.
 */
export function startRelay(options: RelayOptions): Relay {
  const { db, log, instance } = options
  const stopping = new AbortController()
  const bell = createBell()
  stopping.signal.addEventListener('abort', bell.ring)
  const checkBroker = createBrokerCheck(options)
  const recovery = createRecovery(options)
  /** Tried again with each pass; a failure does not keep events from being published. */
  const heal = async (writeCheckpoint: () => Promise<unknown>) => {
    if (options.broker.publishingPaused) return
    try {
      await checkBroker(writeCheckpoint)
      await recovery.tick(writeCheckpoint)
    } catch (err) {
      log.warn({ reason: (err as Error).message }, 'the broker could not be checked for lost messages, trying again')
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        const lease = await acquireLease(db, LEASE_NAME, instance)
        if (lease) {
          log.info({ token: String(lease.token), position: String(lease.position) }, 'relay active')
          await publishLoop({
            readSize: 1_000,
            pollMs: 500,
            ...options,
            lease,
            signal: stopping.signal,
            pause: bell.wait,
            heal,
          }).finally(
            () => lease.release().catch(() => {}), // or it runs out by itself
          )
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
    wake: bell.ring,
    async stop() {
      stopping.abort()
      await running
      await recovery.stop()
    },
  }
}

/** A wait that ends early when it is rung, also when that was just before it began. */
function createBell() {
  let rung = false
  let answer: (() => void) | undefined
  return {
    ring() {
      rung = true
      answer?.()
    },
    wait(ms: number): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          answer = undefined
          rung = false
          resolve()
        }
        const timer = setTimeout(done, ms)
        if (rung) done()
        else answer = done
      })
    },
  }
}
