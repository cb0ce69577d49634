import { z } from 'zod'
import { after, CURRENT_HEADERS, CURRENT_REFUSALS, currentHeaders, defineRoute, Refusal, type Route } from '#http'
import type { ProjectionReader } from '#messaging'
import { readByCountry, readByDay, readByProduct, readFunnel, type Period } from './read-analytics.ts'

const counts = { placed: z.int(), confirmed: z.int(), rejected: z.int(), cancelled: z.int(), expired: z.int() }
const currency = z.string()
const revenue = z.int().describe('Confirmed less cancelled after confirmation, in minor units')

const DailySalesView = z.object({ day: z.iso.date(), currency, ...counts, revenue }).meta({ id: 'DailySales' })
const CountrySalesView = z.object({ country: z.string(), currency, ...counts, revenue }).meta({ id: 'CountrySales' })
const ProductSalesView = z
  .object({ sku: z.string(), currency, quantity: z.int(), revenue })
  .meta({ id: 'ProductSales' })
const FunnelStepView = z
  .object({
    from: z.string().nullable().describe('null for placing'),
    to: z.string(),
    orders: z.int(),
    averageSeconds: z.number(),
    medianSeconds: z.number().describe('At most 9 % too high, as is p95Seconds'),
    p95Seconds: z.number(),
  })
  .meta({ id: 'FunnelStep' })

/** Nothing was sold before; PostgreSQL and JavaScript agree on every day from here on. */
const Day = z.iso.date().refine((day) => day >= '1970-01-01', 'must be 1970-01-01 or later')

const LONGEST_DAYS = 366
const DAY_MS = 86_400_000
const MOST_PRODUCTS = 1_000

const PeriodQuery = { from: Day.optional(), to: Day.optional(), after }
const PERIOD = `Days are UTC. At most ${LONGEST_DAYS} days at once, from 1970-01-01 on; by default the last 31.`

interface Question {
  path: `/v1/analytics/${string}`
  operationId: string
  summary: string
  description?: string
  projection: string
  schema: z.ZodType
  read: (db: Parameters<Parameters<ProjectionReader['read']>[2]>[0], period: Period) => Promise<unknown>
}

const QUESTIONS: Question[] = [
  {
    path: '/v1/analytics/daily',
    operationId: 'readDailySales',
    summary: 'Orders and revenue by day, the newest first',
    projection: 'analytics.sales',
    schema: z.array(DailySalesView).meta({ id: 'DailySalesList' }),
    read: readByDay,
  },
  {
    path: '/v1/analytics/countries',
    operationId: 'readSalesByCountry',
    summary: 'Orders and revenue by country',
    projection: 'analytics.sales',
    schema: z.array(CountrySalesView).meta({ id: 'CountrySalesList' }),
    read: readByCountry,
  },
  {
    path: '/v1/analytics/products',
    operationId: 'readSalesByProduct',
    summary: 'Quantities and revenue by product, the highest revenue first',
    description: `At most ${MOST_PRODUCTS} products.`,
    projection: 'analytics.sales',
    schema: z.array(ProductSalesView).meta({ id: 'ProductSalesList' }),
    read: (db, period) => readByProduct(db, period, MOST_PRODUCTS),
  },
  {
    path: '/v1/analytics/funnel',
    operationId: 'readFunnel',
    summary: 'How many orders went from one state to the next, and how long they were in the first',
    description:
      'Of the orders that were placed in the period. The states are those of `status`, and `partially_shipped` and ' +
      '`partially_delivered` of orders in several parcels.',
    projection: 'analytics.funnel',
    schema: z.array(FunnelStepView).meta({ id: 'Funnel' }),
    read: readFunnel,
  },
]

/** What the projections of this domain answer. */
export function analyticsRoutes({ projections }: { projections: ProjectionReader }): Route[] {
  return QUESTIONS.map(({ projection, schema, read, description, ...about }) =>
    defineRoute({
      ...about,
      method: 'get',
      description: [description, PERIOD].filter(Boolean).join(' '),
      tag: 'Analytics',
      scope: 'analytics',
      query: z.strictObject(PeriodQuery),
      example: { query: { from: '2026-11-01', to: '2026-11-30' } },
      replies: { 200: { description: 'What has happened', schema, headers: CURRENT_HEADERS } },
      refusals: { 422: 'invalid-period', ...CURRENT_REFUSALS },
      async handle({ query }) {
        const period = periodOf(query.from, query.to, new Date())
        const { result, ...current } = await projections.read(projection, query.after, (db) => read(db, period))
        return { status: 200, headers: currentHeaders(current), body: result }
      },
    }),
  )
}

function periodOf(from: string | undefined, to: string | undefined, now: Date): Period {
  const last = to ? new Date(to) : now
  const first = from ? new Date(from) : new Date(last.getTime() - 30 * DAY_MS)
  const days = (last.getTime() - first.getTime()) / DAY_MS
  if (days < 0 || days > LONGEST_DAYS)
    throw new Refusal('invalid', 'invalid-period', `from must be 0 to ${LONGEST_DAYS} days before to`)
  return { first: first.toISOString().slice(0, 10), last: last.toISOString().slice(0, 10) }
}
