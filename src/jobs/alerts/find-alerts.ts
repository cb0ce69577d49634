import {
  countDeadLetters,
  findRecoveries,
  listPauses,
  listPostponed,
  listProjections,
  readBrokenInvariants,
  readLatestWaiting,
  readOpenBreakers,
  readRelay,
} from '#messaging'
import type { Database } from '#platform/database'
import { listDeviations } from '#domains/payment'
import { listEndpoints } from '#domains/webhooks'
import type { Alert, Findings } from './decide.ts'

/** Milliseconds, or seconds, until something that usually heals by itself is told. */
const LAG_S = 30
const PAUSED_MS = 5 * 60_000
const OLDEST_MS = 5 * 60_000
const POSTPONED_MS = 15 * 60_000
/** A pause by an operator is meant, until it is forgotten. */
const FORGOTTEN_MS = 30 * 60_000

const runbook = (section: string) => `docs/operations.md#${section}`

/** What somebody has to look at, at this moment. */
export async function findAlerts(db: Database, now = new Date()): Promise<Findings> {
  const waiting = await judgeWaiting(db, now)
  const parts = await Promise.all([
    deadLetterAlerts(db, now),
    relayAlerts(db, now),
    breakerAlerts(db, now),
    pauseAlerts(db, now),
    postponedAlerts(db, now),
    projectionAlerts(db),
    auditAlerts(db),
    policyAlerts(db),
    webhookAlerts(db, now),
    deviationAlerts(db),
  ])
  return { ...waiting, alerts: [...waiting.alerts, ...parts.flat()] }
}

/** Counted in the rows: figures may be late, and a letter is not over because nobody has counted it. */
async function deadLetterAlerts(db: Database, since: Date): Promise<Alert[]> {
  const counts = await countDeadLetters(db)
  return counts.flatMap(({ reaction, open }) =>
    given(open > 0, {
      key: `dead-letters ${reaction}`,
      sentence: `${reaction} has given up on ${open} message${open === 1 ? '' : 's'}.`,
      since,
      runbook: runbook('dead-letters'),
    }),
  )
}

/** Goes by figures: those of a reaction are missing while the scheduler is late with them or the broker does not answer. */
async function judgeWaiting(db: Database, since: Date): Promise<Findings> {
  const paused = new Set((await listPauses(db)).map(({ reaction }) => reaction))
  const subscribed = await db.subscription.findMany({ distinct: ['reaction'], select: { reaction: true } })
  const figures = await readLatestWaiting(db)
  const missing = subscribed.filter(({ reaction }) => figures[reaction]?.queued === undefined)
  const alerts = Object.entries(figures).flatMap(([reaction, { queued = 0, replicas = 1, oldestMs = 0 }]) => [
    ...given(replicas === 0 && queued > 0 && !paused.has(reaction), {
      key: `nobody ${reaction}`,
      sentence: `No process takes from the queue of ${reaction}, and ${queued} messages wait.`,
      since,
      runbook: runbook('a-worker-process-dies-or-is-too-slow'),
    }),
    ...given(replicas > 0 && oldestMs > OLDEST_MS, {
      key: `late ${reaction}`,
      sentence: `${reaction} does not keep up: ${queued} messages wait, the oldest for ${Math.round(oldestMs / 60_000)} minutes.`,
      since,
      runbook: runbook('sizing'),
    }),
  ])
  return { alerts, unknown: missing.flatMap(({ reaction }) => [`nobody ${reaction}`, `late ${reaction}`]) }
}

async function relayAlerts(db: Database, now: Date): Promise<Alert[]> {
  const { lagSeconds } = await readRelay(db)
  return given(lagSeconds > LAG_S, {
    key: 'relay',
    sentence: `Events are stored and not published, the oldest for ${Math.round(lagSeconds)} s.`,
    since: new Date(now.getTime() - lagSeconds * 1_000),
    runbook: runbook('the-relay-is-down-or-several-run'),
  })
}

async function breakerAlerts(db: Database, now: Date): Promise<Alert[]> {
  const open = await readOpenBreakers(db)
  return open.flatMap(({ reaction, cause, since }) =>
    given(now.getTime() - since.getTime() > PAUSED_MS, {
      key: `paused ${reaction}`,
      sentence: `${reaction} holds its messages, because something it needs is away: ${cause}`,
      since,
      runbook: runbook('the-payment-gateway-or-the-mail-server-is-away'),
    }),
  )
}

async function pauseAlerts(db: Database, now: Date): Promise<Alert[]> {
  const pauses = await listPauses(db)
  return pauses.flatMap(({ reaction, operator, reason, since }) =>
    given(now.getTime() - since.getTime() > FORGOTTEN_MS, {
      key: `forgotten ${reaction}`,
      sentence: `${reaction} is paused by ${operator} for ${Math.round((now.getTime() - since.getTime()) / 60_000)} minutes: ${reason ?? 'nobody said why'}`,
      since,
      runbook: runbook('a-reaction-is-paused'),
    }),
  )
}

/** No attempt of them fails, so they never become dead letters. */
async function postponedAlerts(db: Database, now: Date): Promise<Alert[]> {
  const postponed = await listPostponed(db)
  return postponed.flatMap(({ reaction, count, since, cause }) =>
    given(now.getTime() - since.getTime() > POSTPONED_MS, {
      key: `postponed ${reaction}`,
      sentence: `${reaction} puts off ${count} message${count === 1 ? '' : 's'}, the oldest for ${Math.round((now.getTime() - since.getTime()) / 60_000)} minutes: ${cause}`,
      since,
      runbook: runbook('a-reaction-puts-messages-off'),
    }),
  )
}

async function projectionAlerts(db: Database): Promise<Alert[]> {
  const all = await listProjections(db)
  return all.flatMap(({ name, state, reason, since }) =>
    given(state === 'failed', {
      key: `projection ${name}`,
      sentence: `The projection ${name} has failed and stands still: ${reason ?? 'no reason is known'}`,
      since,
      runbook: runbook('a-projection-stands-still'),
    }),
  )
}

/** What the latest audit has found. */
async function auditAlerts(db: Database): Promise<Alert[]> {
  const broken = await readBrokenInvariants(db)
  return broken.map(({ invariant, says, count, at }) => ({
    key: `invariant ${invariant}`,
    sentence: `Broken ${count} times: ${says}`,
    since: at,
    runbook: runbook('an-invariant-is-broken'),
  }))
}

/** Dead letters of outages at which the policy has stopped. */
async function policyAlerts(db: Database): Promise<Alert[]> {
  const recoveries = await findRecoveries(db)
  return recoveries.flatMap(({ dependency, letters, stopped, until }) =>
    given(stopped !== null, {
      key: `redrive ${dependency}`,
      sentence: `Redriving what the outage of ${dependency} has left was stopped, ${letters} dead letters are left: ${stopped}`,
      since: until,
      runbook: runbook('the-policy-has-stopped-redriving'),
    }),
  )
}

/** Milliseconds for which an endpoint that was disabled is told: then its client knows, or will not. */
const DISABLED_MS = 24 * 3_600_000

async function webhookAlerts(db: Database, now: Date): Promise<Alert[]> {
  const endpoints = await listEndpoints(db, { inTrouble: true })
  return endpoints.flatMap(({ id, client, disabledBecause, disabledAt, waiting }) =>
    given(isLately(disabledAt, now) && disabledBecause !== 'asked', {
      key: `webhook ${id}`,
      sentence: `The endpoint ${id} of ${client} was disabled, ${disabledBecause === 'gone' ? 'because it is gone (410)' : 'after days of failing'}; ${waiting} webhooks wait.`,
      since: disabledAt!,
      runbook: runbook('an-endpoint-of-webhooks-fails'),
    }),
  )
}

const DEVIATED: Readonly<Record<string, string>> = {
  'hold-canceled': 'A hold was cancelled at the payment provider',
  refunded: 'Money was refunded at the payment provider that the books have no room for',
  'refund-failed': 'A refund did not reach the customer, and the books say that it did',
  'dispute-opened': 'A customer disputes a payment, and the provider takes it back',
  'dispute-closed': 'A dispute was closed',
}

/** What happened at the payment provider and not here: each is a trouble of its own, and all that are too many are one. */
async function deviationAlerts(db: Database): Promise<Alert[]> {
  const deviations = await listDeviations(db)
  return deviations.map(({ id, kind, count, isTooMany, orderId, amount, at }) => ({
    key: isTooMany ? `payment ${kind}` : `payment ${kind} ${id}`,
    sentence: isTooMany
      ? `${DEVIATED[kind] ?? kind}: ${count} times within a day, and not each is told.`
      : `${DEVIATED[kind] ?? kind}: order ${orderId}, ${amount.currency} ${amount.amount} in minor units.`,
    since: at,
    runbook: runbook('the-payment-provider-has-done-what-is-not-in-the-books'),
  }))
}

const isLately = (at: Date | null, now: Date) => at !== null && now.getTime() - at.getTime() < DISABLED_MS

const given = (isSo: boolean, alert: Alert): Alert[] => (isSo ? [alert] : [])
