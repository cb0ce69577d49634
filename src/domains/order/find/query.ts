import { z } from 'zod'
import { mailAddress, pageLimit, Refusal, text } from '#http'
import { ORDER_STATUSES } from '../state/order-states.ts'

export const SORTS = ['-created', 'created', '-updated', 'updated'] as const

const Time = z.iso.datetime({ offset: true })

/** RFC 3339; its `+` may have become a space on its way through the URL. */
const time = z
  .string()
  .transform((text) => text.replace(/ (\d\d:\d\d)$/, '+$1'))
  .pipe(Time.transform((text) => new Date(Math.max(0, Date.parse(text))))) // PostgreSQL knows no year 0
  .meta({ examples: ['2026-11-21T14:02:00Z'] })

const list = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z
    .string()
    .max(200)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(words)))

export const OrderQuery = z.strictObject({
  status: list(ORDER_STATUSES)
    .optional()
    .describe('One state, or several, separated by commas')
    .meta({ examples: ['placed,confirmed'] }),
  number: text(1, 40, 'FF-1042').optional().describe('The order of this number'),
  reference: text(1, 100, 'web-2026-118').optional().describe('The order that has this reference of yours'),
  email: mailAddress.optional().describe("A customer's orders, however the address is written"),
  sku: text(1, 64, 'MUG-01').optional().describe('Orders that have a line of this SKU'),
  created_from: time.optional().describe('Placed then or later'),
  created_to: time.optional().describe('Placed before'),
  updated_since: time.optional().describe('Changed then or later'),
  sort: z
    .enum(SORTS)
    .optional()
    .describe(
      'By time of placing or of the latest change; `-` is the latest first. Left out: `updated` with `updated_since` alone, else `-created`',
    ),
  expand: list(['lines'])
    .optional()
    .describe('`lines`: with the lines of each order')
    .meta({ examples: ['lines'] }),
  cursor: z
    .string()
    .max(200)
    .optional()
    .describe('`next` of the page before, asked for with the same filters and sort'),
  limit: pageLimit,
})
export type OrderQuery = z.infer<typeof OrderQuery>
export type Sort = (typeof SORTS)[number]

/** By what orders are found: each way is walked along an index, and meets hardly an order that is not wanted. */
export type Way = 'name' | 'customer' | 'sku' | 'state'

/** What goes together, for documentation and refusals. */
export const COMBINATIONS = [
  '`number` or `reference` with everything else',
  '`email` with `status`, `sku`, `created_from`, `created_to` and `updated_since`, sorted by `created` or `-created`',
  '`sku` with `created_from` and `created_to`, sorted by `created` or `-created`',
  '`status` with `created_from` and `created_to`, sorted by `created` or `-created`',
  '`status` with `updated_since`, sorted by `updated` or `-updated`',
] as const

const NOT_TOGETHER = {
  customer: '`email` is not found sorted by update',
  sku: '`sku` alone is found by time of placing, without `status` and `updated_since`',
  created: 'Orders placed in a time are not found sorted by update',
  updated: '`updated_since` is found sorted by update',
} as const

/** @throws Refusal `combination-not-supported` for what could be answered only by looking at many orders that are not wanted */
export function wayOf(query: OrderQuery): { way: Way; sort: Sort } {
  const { number, reference, email, sku, status, created_from, created_to, updated_since } = query
  const named = number !== undefined || reference !== undefined
  const way: Way = named ? 'name' : email !== undefined ? 'customer' : sku !== undefined ? 'sku' : 'state'
  const sort = query.sort ?? (way === 'state' && updated_since ? 'updated' : '-created')
  const byUpdate = isByUpdate(sort)
  if (way === 'customer' && byUpdate) throw notTogether('customer')
  if (way === 'sku' && (status || updated_since || byUpdate)) throw notTogether('sku')
  if (way === 'state' && byUpdate && (created_from || created_to)) throw notTogether('created')
  if (way === 'state' && !byUpdate && updated_since) throw notTogether('updated')
  return { way, sort }
}

export const isByUpdate = (sort: Sort) => sort.endsWith('updated')

const notTogether = (why: keyof typeof NOT_TOGETHER) =>
  new Refusal(
    'invalid',
    'combination-not-supported',
    `${NOT_TOGETHER[why]}: that would take a look at every order. What goes together: ${COMBINATIONS.join('; ')}.`,
  )
