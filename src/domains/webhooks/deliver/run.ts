import { createBell } from '#platform/process/bell'
import { isDatabaseOutage, type Database } from '#platform/database'
import { atMost } from '#platform/process/in-time'
import type { Logger } from '#platform/log/logger'
import { queueEvents } from '../deliveries/queue-events.ts'
import { deliverySettings, type DeliverySettings } from '../settings.ts'
import { standingEndpoints } from './claim.ts'
import { deliverTo } from './deliver.ts'
import { createSender, type Sender } from './send.ts'

export interface WebhookOptions {
  db: Database
  log: Logger
  /** @default what the environment says */
  settings?: DeliverySettings
  /** @default one as the settings say */
  sender?: Sender
  /** Milliseconds between two looks at what is due; ten times as many while there is no endpoint. @default 500 */
  lookMs?: number
}

export interface RunningWebhooks {
  /** Lets what is under way end. What was not finished is delivered by the next process, under the same `webhook-id`. */
  stop(): Promise<void>
}

/** While nobody wants to be told. */
const IDLE = 10

/** How long a request under way may take until a stopping process leaves it. */
const GRACE_MS = 18_000

/**
 * Tells endpoints of what is published. All that there is to do stands in PostgreSQL: any number of processes share it, and one that
 * is killed leaves nothing behind but a delivery that another takes up. Each endpoint has a loop of its own, so one that
 * does not answer holds up itself alone.
 */
export function runWebhooks({
  db,
  log,
  settings = deliverySettings(),
  sender,
  lookMs = 500,
}: WebhookOptions): RunningWebhooks {
  const ending = new AbortController()
  const bell = createBell()
  const ownSender = sender ?? createSender(settings)
  const delivering = { db, log, settings, sender: ownSender, ending: ending.signal }
  const busy = new Map<string, Promise<void>>()

  /** @returns how many endpoints there are; undefined when nobody knows */
  const look = async () => {
    while (await queueEvents(db));
    const endpoints = await standingEndpoints(db)
    for (const { id, isDue } of endpoints) {
      if (!isDue || busy.has(id)) continue
      const done = deliverTo(id, delivering)
        .catch((error: unknown) => tell(log, error))
        .finally(() => busy.delete(id))
      busy.set(id, done)
    }
    return endpoints.length
  }
  const run = async () => {
    while (!ending.signal.aborted) {
      const endpoints = await look().catch((error: unknown) => tell(log, error))
      await bell.wait(endpoints === 0 ? IDLE * lookMs : lookMs)
    }
  }
  const running = run()
  return {
    async stop() {
      ending.abort()
      bell.ring()
      await running
      await atMost(GRACE_MS, Promise.all(busy.values()))
      if (!sender) await ownSender.close()
    },
  }
}

/** Of an outage others tell already, and the next look finds what there is to do. */
function tell(log: Logger, err: unknown) {
  if (!isDatabaseOutage(err)) log.error({ err }, 'delivering webhooks failed; it is tried again')
}
