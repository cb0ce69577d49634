import { z } from 'zod'
import { defineSettings } from '#platform/settings'

const delays = z
  .string()
  .regex(/^\d+(,\d+)*$/, 'must be milliseconds separated by commas, such as 5000,300000,1800000')
  .default('5000,300000,1800000,7200000,18000000,36000000,50400000,72000000,86400000')

export const settings = defineSettings({
  /**
   * Where webhooks may lead. `public`: by https to addresses of the internet. `any`: by http as well, and into our own network, for
   * development and for endpoints that are ours.
   */
  WEBHOOK_TARGETS: z.enum(['public', 'any'], 'must be public or any').default('public'),
  /** Milliseconds after the first, second, … failed attempt; after the last one a delivery is given up. Up to a fifth is added at random. */
  WEBHOOK_RETRY_DELAYS: delays,
  /** Seconds that an endpoint may take to answer. */
  WEBHOOK_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(30).default(15),
  /** Hours after which an endpoint that has answered nothing well is disabled. */
  WEBHOOK_DISABLE_AFTER_HOURS: z.coerce.number().int().min(1).max(8_760).default(120),
})

/** What delivering goes by. */
export interface DeliverySettings {
  readonly targets: 'public' | 'any'
  readonly retryDelays: readonly number[]
  readonly disableAfterMs: number
  /** What an endpoint may take to answer. */
  readonly timeoutMs: number
}

export function deliverySettings(): DeliverySettings {
  const { WEBHOOK_TARGETS, WEBHOOK_RETRY_DELAYS, WEBHOOK_DISABLE_AFTER_HOURS, WEBHOOK_TIMEOUT_SECONDS } = settings()
  return {
    targets: WEBHOOK_TARGETS,
    retryDelays: WEBHOOK_RETRY_DELAYS.split(',').map(Number),
    disableAfterMs: WEBHOOK_DISABLE_AFTER_HOURS * 3_600_000,
    timeoutMs: WEBHOOK_TIMEOUT_SECONDS * 1_000,
  }
}
