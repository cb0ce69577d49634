import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { quantile } from './funnel.ts'

/** Days in UTC, as `2026-11-21`; both are part of it. */
export interface Period {
  first: string
  last: string
}

const within = ({ first, last }: Period) => Prisma.sql`day BETWEEN ${first}::date AND ${last}::date`

const COUNTS = Prisma.sql`sum(placed)::int AS placed, sum(confirmed)::int AS confirmed, sum(rejected)::int AS rejected,
  sum(cancelled)::int AS cancelled, sum(expired)::int AS expired, sum(revenue)::float8 AS revenue`
const counts = {
  placed: z.int(),
  confirmed: z.int(),
  rejected: z.int(),
  cancelled: z.int(),
  expired: z.int(),
  revenue: z.number(),
}

const DayRow = row({ day: z.string(), currency: z.string(), ...counts })

export const readByDay = (db: Database, period: Period) => readRows(db, DayRow)`
  SELECT day::text, currency, ${COUNTS} FROM projection_analytics_sales.by_country WHERE ${within(period)}
  GROUP BY day, currency ORDER BY by_country.day DESC, currency`

const CountryRow = row({ country: z.string(), currency: z.string(), ...counts })

export const readByCountry = (db: Database, period: Period) => readRows(db, CountryRow)`
  SELECT country, currency, ${COUNTS} FROM projection_analytics_sales.by_country WHERE ${within(period)}
  GROUP BY country, currency ORDER BY revenue DESC, country, currency`

const ProductRow = row({ sku: z.string(), currency: z.string(), quantity: z.int(), revenue: z.number() })

export const readByProduct = (db: Database, period: Period, most: number) => readRows(db, ProductRow)`
  SELECT sku, currency, sum(quantity)::int AS quantity, sum(revenue)::float8 AS revenue
  FROM projection_analytics_sales.by_product WHERE ${within(period)}
  GROUP BY sku, currency ORDER BY sum(revenue) DESC, sku, currency LIMIT ${most}`

const StepRow = row({ from: z.string(), to: z.string(), bucket: z.int(), orders: z.int(), ms: z.number() })

export async function readFunnel(db: Database, period: Period) {
  const rows = await readRows(db, StepRow)`
    SELECT from_state AS "from", to_state AS "to", bucket, sum(orders)::int AS orders, sum(ms)::float8 AS ms
    FROM projection_analytics_funnel.steps WHERE ${within(period)}
    GROUP BY from_state, to_state, bucket ORDER BY from_state, to_state, bucket`
  const steps = new Map<string, { from: string; to: string; ms: number; buckets: Map<number, number> }>()
  for (const { from, to, bucket, orders, ms } of rows) {
    const step = steps.get(`${from}>${to}`) ?? { from, to, ms: 0, buckets: new Map() }
    step.ms += ms
    step.buckets.set(bucket, orders)
    steps.set(`${from}>${to}`, step)
  }
  return [...steps.values()].map(({ from, to, ms, buckets }) => {
    const orders = [...buckets.values()].reduce((sum, some) => sum + some, 0)
    const seconds = (milliseconds: number) => Math.round(milliseconds) / 1_000
    return {
      from: from || null,
      to,
      orders,
      averageSeconds: seconds(ms / orders),
      medianSeconds: seconds(quantile(buckets, 0.5)),
      p95Seconds: seconds(quantile(buckets, 0.95)),
    }
  })
}
