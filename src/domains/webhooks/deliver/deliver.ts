import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#platform/backoff'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { Counter } from '#platform/metrics'
import { readTargetOf, type Target } from '../endpoints.ts'
import { signedHeaders } from '../secret.ts'
import type { DeliverySettings } from '../settings.ts'
import { claimDeliveries, type Claimed } from './claim.ts'
import { messageFor } from './message.ts'
import { isSuccess, recordAttempt, recordStanding, saying } from './record.ts'
import type { Answer, Sender } from './send.ts'

export interface Delivering {
  db: Database
  sender: Sender
  settings: DeliverySettings
  log: Logger
  /** Aborted when the process stops: what is under way ends, nothing new begins. */
  ending: AbortSignal
}

const attempts = new Counter({
  name: 'fanfare_webhook_attempts_total',
  help: 'Requests to the endpoints of clients, by what became of the delivery.',
  labelNames: ['outcome'],
})

const disabledEndpoints = new Counter({
  name: 'fanfare_webhook_endpoints_disabled_total',
  help: 'Endpoints of clients that were disabled because they are gone or failing.',
  labelNames: ['because'],
})

/**
 * Delivers what is due for one endpoint, until nothing is. Of one that fails it tries a single delivery at a time, with growing pauses,
 * so that neither we nor it are kept busy by what waits.
 */
export async function deliverTo(id: string, delivering: Delivering): Promise<void> {
  const endpoint = await readTargetOf(delivering.db, id)
  if (!endpoint) return
  const lines = endpoint.failingSince ? 1 : endpoint.maxConcurrent
  await Promise.all(Array.from({ length: lines }, (_, nth) => deliverOneByOne(id, { nth, lines }, delivering)))
}

/** Which of how many do so for the endpoint. */
interface Line {
  nth: number
  lines: number
}

async function deliverOneByOne(id: string, { nth, lines }: Line, delivering: Delivering): Promise<void> {
  const { db, ending, settings } = delivering
  const pauses = createBackoff(250, 30_000)
  while (!ending.aborted) {
    const endpoint = await readTargetOf(db, id)
    if (!endpoint || endpoint.disabledBecause || (endpoint.failingSince && nth > 0)) return
    const began = performance.now()
    const [delivery] = await claimDeliveries(db, endpoint, { limit: 1, timeoutMs: settings.timeoutMs })
    if (!delivery) return
    const isDelivered = await deliver(endpoint, delivery, delivering)
    if (isDelivered && endpoint.failingSince) return // it works again: the next look takes it up with all lines
    const restMs = (lines * 1_000) / endpoint.maxPerSecond - (performance.now() - began)
    if (isDelivered) pauses.reset()
    await pause(Math.max(restMs, isDelivered ? 0 : pauses.next()), ending)
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  ms > 0 ? wait(ms, undefined, { signal }).catch(() => {}) : Promise.resolve()

/** @returns whether it was delivered */
async function deliver(
  endpoint: Target,
  delivery: Claimed,
  { db, sender, settings, log }: Delivering,
): Promise<boolean> {
  const { id: endpointId, client } = endpoint
  const answer = await send(endpoint, delivery, db, sender)
  const disabled = answer.isUnsent ? undefined : await recordStanding(db, endpoint, answer, settings)
  const outcome = await recordAttempt(db, { endpointId, delivery, answer }, settings)
  attempts.inc({ outcome })
  const told = { endpoint: endpointId, client, event: delivery.eventId, error: saying(answer) }
  if (outcome === 'given-up') log.warn(told, 'a webhook was given up; its client may ask for it again')
  if (disabled) {
    disabledEndpoints.inc({ because: disabled })
    log.error(
      { ...told, because: disabled, help: `fanfare webhooks --client ${client}` },
      'an endpoint of webhooks was disabled',
    )
  }
  return isSuccess(answer)
}

async function send(endpoint: Target, { eventId }: Claimed, db: Database, sender: Sender): Promise<Answer> {
  const message = await messageFor(db, endpoint, eventId).catch((error: unknown) => error as Error)
  if (message instanceof Error) return unsent(`the event cannot be read: ${message.name}`)
  if (!message) return unsent('the event is in an archive')
  const body = JSON.stringify(message)
  return sender.send(
    endpoint.url,
    {
      'content-type': 'application/json',
      'user-agent': 'Fanfare-Webhooks/1',
      ...signedHeaders(endpoint, eventId, body),
    },
    body,
  )
}

/** What we cannot tell is no failure of the endpoint. */
const unsent = (error: string): Answer => ({
  isUnsent: true,
  status: null,
  answer: null,
  error,
  durationMs: 0,
  retryAfterMs: undefined,
})
