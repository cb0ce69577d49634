import { z } from 'zod'
import type { Database } from '#platform/database'
import { defineRoute, Refusal, type Route } from '#http'

const DailySalesView = z
  .object({
    day: z.iso.date(),
    currency: z.string(),
    placed: z.int(),
    confirmed: z.int(),
    rejected: z.int(),
    cancelled: z.int(),
    revenue: z.int().describe('Confirmed less cancelled after confirmation, in minor units'),
  })
  .meta({ id: 'DailySales' })

const DailySalesList = z.array(DailySalesView).meta({ id: 'DailySalesList' })

/** Nothing was sold before; PostgreSQL and JavaScript agree on every day from here on. */
const Day = z.iso.date().refine((day) => day >= '1970-01-01', 'must be 1970-01-01 or later')

const LONGEST_DAYS = 366
const DAY_MS = 86_400_000

export function analyticsRoutes({ db }: { db: Database }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/analytics/daily',
      operationId: 'readDailySales',
      summary: 'Orders and revenue by day',
      description: `Days are UTC, newest first. At most ${LONGEST_DAYS} days at once, from 1970-01-01 on; by default the last 31.`,
      tag: 'Analytics',
      query: z.strictObject({ from: Day.optional(), to: Day.optional() }),
      replies: { 200: { description: 'The days on which something happened', schema: DailySalesList } },
      async handle({ query: { from, to } }) {
        return { status: 200, body: await readDailySales(db, ...periodOf(from, to, new Date())) }
      },
    }),
  ]
}

function periodOf(from: string | undefined, to: string | undefined, now: Date): [Date, Date] {
  const last = to ? new Date(to) : now
  const first = from ? new Date(from) : new Date(last.getTime() - 30 * DAY_MS)
  const days = (last.getTime() - first.getTime()) / DAY_MS
  if (days < 0 || days > LONGEST_DAYS)
    throw new Refusal('invalid', 'invalid-period', `from must be 0 to ${LONGEST_DAYS} days before to`)
  return [first, last]
}

async function readDailySales(db: Database, first: Date, last: Date) {
  const rows = await db.dailySales.findMany({
    where: { day: { gte: first, lte: last } },
    orderBy: [{ day: 'desc' }, { currency: 'asc' }],
  })
  return rows.map(({ day, revenue, ...counts }) => ({
    ...counts,
    day: day.toISOString().slice(0, 10),
    revenue: Number(revenue),
  }))
}
