import { pruneSentMails } from '#domains/notification'
import { expireOrders, pruneKeys } from '#domains/order'
import { pruneNotices, pruneTokens } from '#domains/payment'
import { pruneDeliveries } from '#domains/webhooks'
import { OrderConfirmed, OrderExpired, OrderPlaced, OrderShipped } from '#events'
import type { WakeUp } from '#messaging'
import { auditing } from './audit-daily.ts'
import { alerting } from './alerts/alerts.ts'
import { deletingOldOrders } from './delete-old-orders.ts'
import { messagingJobs, type MessagingNeeds } from './messaging-jobs.ts'
import type { ScheduledJob } from './scheduled-job.ts'
import { AT_ONCE, untilDone } from './until-done.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** An order that is not decided by then will not be: its stock and money are let go. */
const UNDECIDED_FOR = 30 * MINUTE
const KEEP_SENT_MAILS = 90 * DAY
const KEEP_IDEMPOTENCY_KEYS = 30 * DAY
const KEEP_WEBHOOK_DELIVERIES = 30 * DAY
/** By then the order is long at its end, and a hold that nobody has heard of has lapsed at the bank. */
const KEEP_PAYMENT_TOKENS = 7 * DAY
/** Nobody sends an event of Stripe again after 30 days. */
const KEEP_PROVIDER_EVENTS = 90 * DAY

const SPANS = [
  { name: 'confirmed', from: OrderPlaced.type, to: OrderConfirmed.type },
  { name: 'shipped', from: OrderPlaced.type, to: OrderShipped.type },
]

interface Needs extends WakeUp, MessagingNeeds {
  /** Holds the database against every invariant. Left out: it is not done by the clock. */
  audit?: () => Promise<object[]>
}

/** Everything that runs by the clock. One more job is one more entry. */
export function schedules(needs: Needs): ScheduledJob[] {
  const { db, wake } = needs
  return [
    ...messagingJobs(needs, SPANS),
    alerting(db),
    auditing(needs),
    deletingOldOrders(needs),
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
    pruning('payment.prune-provider-events', KEEP_PROVIDER_EVENTS, (what) => pruneNotices(db, what)),
    pruning('notification.prune-sent-mails', KEEP_SENT_MAILS, (what) => pruneSentMails(db, what)),
    pruning('webhooks.prune-deliveries', KEEP_WEBHOOK_DELIVERIES, (what) => pruneDeliveries(db, what)),
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
