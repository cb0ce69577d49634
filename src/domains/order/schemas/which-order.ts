import { z } from 'zod'
import type { Moment } from '../stream/past.ts'

export const OrderId = z.strictObject({ id: z.uuid('must be the id of an order, a UUID').toLowerCase() })

const VERSION = /^[1-9]\d{0,8}$/
const Time = z.iso.datetime({ offset: true })

/** A version, or a time whose `+` may have become a space on its way through the URL. */
export const OrderAt = z.strictObject({
  at: z
    .string()
    .transform((text, context): Moment => {
      if (VERSION.test(text)) return Number(text)
      const time = Time.safeParse(text.replace(/ (\d\d:\d\d)$/, '+$1'))
      if (time.success) return new Date(time.data)
      const message = 'must be a time such as 2026-11-21T14:02:00Z (RFC 3339), or a version of the order: 1, 2, …'
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .optional()
    .describe(
      'The order as it was then: a time (RFC 3339), or a version of its stream. A moment that is still to come shows the present.',
    ),
})
