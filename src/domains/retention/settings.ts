import { z } from 'zod'
import { defineSettings } from '#platform/settings'

const settings = defineSettings({
  /**
   * Orders, with their money and their goods, are deleted when so many whole calendar years are over after the one in which the last happened
   * to them; unset: never.
   */
  KEEP_ORDERS_YEARS: z.coerce.number().int().min(1).max(100).optional(),
})

/** What last changed before this may go; undefined: nothing may. As for the tax office, the years begin with the end of a calendar year. */
export function keptSince(now: Date): Date | undefined {
  const { KEEP_ORDERS_YEARS: years } = settings()
  return years === undefined ? undefined : new Date(Date.UTC(now.getUTCFullYear() - years, 0, 1))
}
