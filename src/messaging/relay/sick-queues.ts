import { Unconfirmed } from '../broker/broker.ts'
import { sickQueues } from '../metrics.ts'
import { createBackoff, type Backoff } from '#platform/backoff'
import { declareReaction, type Subscriber } from './declare-reaction.ts'
import type { RelayNeighbours, RelayOptions } from './options.ts'
import { toReaction } from './event-to-message.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'
import type { RelayLease } from './relay-lease.ts'

/** Milliseconds without an answer after which a queue that was asked by itself counts as sick. */
export const QUEUE_SILENCE_MS = 1_500
const FIRST_PROBE_MS = 1_000
const LONGEST_PROBE_MS = 30_000

interface Sickness extends Subscriber {
  /** An event of the reaction's: publishing it once more is harmless, and tells whether the queue takes messages. */
  sample: StoredRow | undefined
  backoff: Backoff
  probe?: NodeJS.Timeout
}

export interface SickQueues {
  /** The reactions whose queues are out of the way at this moment. */
  readonly reactions: ReadonlySet<string>
  /**
   * Brings events that the broker has not confirmed straight to each queue that they are for, and takes those queues out
   * of the way that do not take them.
   * @returns the reactions whose queues did not, even if they are well again by now
   */
  isolate(rows: readonly StoredRow[]): Promise<ReadonlySet<string>>
  /** Takes a queue out of the way: its exchanges no longer lead to it, and its events wait in PostgreSQL. */
  exclude(subscriber: Subscriber, reason: Error, sample?: StoredRow): Promise<void>
  stop(): void
}

/**
 * A queue that takes no messages (it has lost its majority of nodes, or is full under a policy) withholds the confirm of
 * everything that is published to an exchange it is bound to. Such a queue is unbound, so that it delays its own reaction
 * only; what it misses is for recovery, which does not need it. It is tried again with growing pauses, and bound again
 * when it confirms.
 */
export function createSickQueues(options: RelayOptions & RelayNeighbours & Pick<RelayLease, 'lease'>): SickQueues {
  const { broker, names, log, lease, subscriptions } = options
  const sick = new Map<string, Sickness>()
  /** Outlives a sickness: a queue that falls sick again soon is left alone for longer. */
  const backoffs = new Map<string, { backoff: Backoff; wellSince: number }>()
  let stopped = false

  const bindings = ({ reaction, eventTypes }: Subscriber) =>
    eventTypes.map((type) => ({ queue: names.queue(reaction), exchange: names.exchange(type) }))

  /** @throws Unconfirmed when the queue does not take them all */
  const publishTo = async (subscriber: Subscriber, rows: readonly StoredRow[]) => {
    const messages = rows.map((row) => toReaction(row, subscriber.reaction, names))
    const missing = await broker.publish(messages, { silenceMs: QUEUE_SILENCE_MS })
    if (missing.size === 0) return
    await declareReaction(options, subscriber)
    await broker.publish(messages, { silenceMs: QUEUE_SILENCE_MS })
  }

  /** Only under the lease: a relay that has lost it must not take away what its successor has bound. */
  const unbind = async (subscriber: Subscriber) => {
    const { reaction } = subscriber
    const warn = ({ message }: Error) => log.warn({ reaction, reason: message }, 'a sick queue could not be unbound')
    if (!lease.isSure) return
    await broker.unbind(bindings(subscriber)).catch(warn)
    if (!lease.isSure) await declareReaction(options, subscriber).catch(warn) // lost meanwhile: bound again
  }

  const scheduleProbe = (sickness: Sickness) => {
    if (!stopped) sickness.probe = setTimeout(() => void probe(sickness), sickness.backoff.next())
  }

  const probe = async (sickness: Sickness) => {
    const { reaction, sample } = sickness
    let eventTypes: readonly string[] | undefined
    try {
      eventTypes = (await subscriptions()).get(reaction) // those of now: it may have been retired, or be on more
      if (eventTypes && sample) await publishTo({ reaction, eventTypes }, [sample])
      if (eventTypes && !stopped) await declareReaction(options, { reaction, eventTypes })
    } catch {
      return scheduleProbe(sickness)
    }
    sick.delete(reaction)
    sickQueues.remove({ reaction })
    if (!eventTypes) return
    backoffs.set(reaction, { backoff: sickness.backoff, wellSince: performance.now() })
    log.info({ reaction }, 'the queue takes messages again; what it missed is delivered by recovery')
  }

  const exclude = async (subscriber: Subscriber, reason: Error, sample?: StoredRow) => {
    const { reaction } = subscriber
    const before = backoffs.get(reaction)
    const isRelapse = before !== undefined && performance.now() - before.wellSince < 2 * LONGEST_PROBE_MS
    const backoff = isRelapse ? before.backoff : createBackoff(FIRST_PROBE_MS, LONGEST_PROBE_MS)
    const sickness: Sickness = { ...subscriber, sample, backoff }
    sick.set(reaction, sickness)
    sickQueues.set({ reaction }, 1)
    log.error({ reaction, reason: reason.message }, 'a queue takes no messages: only its own reaction waits for it')
    await unbind(subscriber) // before a probe may bind it again
    scheduleProbe(sickness)
  }

  /** A worker that came back has bound it; a probe that succeeds meanwhile has the last word. */
  const unbindAgain = async (subscriber: Subscriber) => {
    await unbind(subscriber)
    if (!sick.has(subscriber.reaction)) await declareReaction(options, subscriber)
  }

  /** @returns whether the queue took them */
  const deliver = async (subscriber: Subscriber, rows: readonly StoredRow[]): Promise<boolean> => {
    if (sick.has(subscriber.reaction)) return unbindAgain(subscriber).then(() => false)
    try {
      await publishTo(subscriber, rows.slice(0, 1)) // a queue without a majority is not to be filled in vain
      await publishTo(subscriber, rows.slice(1))
      return true
    } catch (error) {
      if (!(error instanceof Unconfirmed) || error.answers.isLost) throw error
      await exclude(subscriber, error, rows[0])
      return false
    }
  }

  return {
    get reactions() {
      return new Set(sick.keys())
    },
    exclude,
    async isolate(rows) {
      const concerned = [...(await subscriptions())].flatMap(([reaction, eventTypes]) => {
        const own = rows.filter(({ type }) => eventTypes.includes(type))
        return own.length > 0 ? [{ subscriber: { reaction, eventTypes }, own }] : []
      })
      const taken = await Promise.all(concerned.map(({ subscriber, own }) => deliver(subscriber, own)))
      return new Set(concerned.flatMap(({ subscriber }, index) => (taken[index] ? [] : [subscriber.reaction])))
    },
    stop() {
      stopped = true
      for (const { probe: timer, reaction } of sick.values()) {
        clearTimeout(timer)
        sickQueues.remove({ reaction })
      }
    },
  }
}
