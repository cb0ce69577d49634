import { z } from 'zod'
import { defineSettings } from '#platform/settings'

export const settings = defineSettings({
  /** Milliseconds that a driver has to answer an offer. */
  RIDES_ANSWER_MS: z.coerce.number().int().min(100).default(15_000),
  /** Milliseconds without a driver after which a trip expires. */
  RIDES_EXPIRE_MS: z.coerce.number().int().min(1_000).default(300_000),
})
