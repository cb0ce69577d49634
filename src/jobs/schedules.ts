import { pruneSentMails } from '#domains/notification'
import { expireOrders, pruneKeys } from '#domains/order'
import { pruneTokens } from '#domains/payment'
import { OrderExpired } from '#events'
import { makePartitions, type PartitionLength, type Reconciled, type WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import type { ScheduledJob } from './scheduled-job.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** An order that is not decided by then will not be: its stock and money are let go. */
const UNDECIDED_FOR = 30 * MINUTE
const KEEP_SENT_MAILS = 90 * DAY
const KEEP_IDEMPOTENCY_KEYS = 30 * DAY
/** By then the order is long at its end, and a hold that nobody has heard of has lapsed at the bank. */
const KEEP_PAYMENT_TOKENS = 7 * DAY
const AT_ONCE = 500

interface Needs extends WakeUp {
  db: Database
  /** Looks for lost events of every reaction and delivers them again. */
  reconcileAll: () => Promise<Reconciled[]>
  partitionLength: PartitionLength
}

/** Everything that runs by the clock. One more job is one more entry. */
export function schedules({ db, wake, reconcileAll, partitionLength }: Needs): ScheduledJob[] {
  return [
    {
      name: 'messaging.reconcile',
      everyMs: MINUTE,
      async run() {
        const reports = (await reconcileAll()).filter(({ delivered }) => delivered > 0)
        if (reports.length === 0) return undefined
        return { redelivered: Object.fromEntries(reports.map(({ reaction, delivered }) => [reaction, delivered])) }
      },
    },
    {
      name: 'messaging.make-partitions',
      everyMs: HOUR,
      async run() {
        const { made, outside } = await makePartitions(db, partitionLength)
        return made.length > 0 || outside > 0 ? { made, eventsOutsidePartitions: outside } : undefined
      },
    },
    {
      name: 'order.expire-orders',
      publishes: [OrderExpired],
      everyMs: 30 * SECOND,
      async run() {
        const expired = await untilDone(() => expireOrders(db, { olderThanMs: UNDECIDED_FOR, limit: AT_ONCE }))
        if (expired > 0) wake()
        return expired > 0 ? { expired } : undefined
      },
    },
    pruning('order.prune-idempotency-keys', KEEP_IDEMPOTENCY_KEYS, (what) => pruneKeys(db, what)),
    pruning('payment.prune-tokens', KEEP_PAYMENT_TOKENS, (what) => pruneTokens(db, what)),
    pruning('notification.prune-sent-mails', KEEP_SENT_MAILS, (what) => pruneSentMails(db, what)),
  ]
}

type Prune = (what: { olderThanMs: number; limit: number }) => Promise<number>

function pruning(name: string, olderThanMs: number, prune: Prune): ScheduledJob {
  return {
    name,
    everyMs: HOUR,
    async run() {
      const pruned = await untilDone(() => prune({ olderThanMs, limit: AT_ONCE }))
      return pruned > 0 ? { pruned } : undefined
    },
  }
}

/** Repeats a step of at most `AT_ONCE` until there is nothing left: many short transactions, no long one. */
async function untilDone(step: () => Promise<number>): Promise<number> {
  let done = 0
  for (let more = AT_ONCE; more === AT_ONCE; done += more) more = await step()
  return done
}
