import type { z } from 'zod'
import { defineRoute, Refusal, type Route } from '#http'
import { countOf, quantile, readRollups, type RolledUp } from '#messaging'
import { LIMITS, Metrics, MetricsQuery } from '../contract/index.ts'
import type { AdminNeeds } from '../needs.ts'

/** Points that an answer has, about, when nobody says how long a step is. */
const POINTS = 200
/** Offered by themselves. */
const STEPS = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600]

/** Figures with a memory. */
export function metricsRoutes({ db }: Pick<AdminNeeds, 'db'>): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/metrics',
      operationId: 'getMetrics',
      summary: 'What happened in the past: events, orders, reactions and what waited for them',
      description:
        'Counted by the scheduler from the rows that tell of it, every ten seconds; kept in steps of ten seconds for a day, of five ' +
        'minutes and an hour for a month. Quantiles come from histograms that are added up, and are at most 9 % wrong.',
      tag: 'Operators',
      scope: 'admin',
      query: MetricsQuery,
      example: { query: { from: '2026-11-21T14:00:00Z', to: '2026-11-21T15:00:00Z' } },
      replies: { 200: { description: 'Points in the order of time', schema: Metrics } },
      refusals: { 422: 'step-does-not-fit' },
      async handle({ query }) {
        const asked = stretchOf(query)
        const rows = await readRollups(db, { ...asked, reactions: query.reactions })
        const { from, to, step } = asked
        return { status: 200, body: { from: moment(from), to: moment(to), step, points: rows.map(toPoint) } }
      },
    }),
  ]
}

const moment = (seconds: number) => new Date(seconds * 1_000).toISOString()

function stretchOf(query: z.infer<typeof MetricsQuery>) {
  const to = Math.floor(Date.parse(query.to ?? new Date().toISOString()) / 1_000)
  const from = query.from ? Math.floor(Date.parse(query.from) / 1_000) : to - 3_600
  if (from >= to) throw refuse('`from` must lie before `to`.')
  const step = query.step ?? STEPS.find((one) => (to - from) / one <= POINTS && fits(one, to - from)) ?? STEPS.at(-1)!
  if (!fits(step, to - from)) throw refuse(`Steps of ${step} s do not fit: see the description of \`step\`.`)
  return { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step, step }
}

function fits(step: number, seconds: number): boolean {
  const limit = LIMITS.find(({ below }) => step < below)!
  return step % limit.multipleOf === 0 && seconds <= limit.seconds
}

const refuse = (detail: string) => new Refusal('invalid', 'step-does-not-fit', detail)

type Durations = RolledUp['figures']['spans'][string]

const toDurations = (one: Durations) => ({ count: countOf(one), p50: quantile(one, 0.5), p99: quantile(one, 0.99) })

function toPoint({
  at,
  seconds,
  figures: { published, spans, reactions, waiting },
}: RolledUp): Metrics['points'][number] {
  return {
    at: moment(at),
    seconds,
    published,
    spans: mapped(spans, toDurations),
    reactions: mapped(reactions, ({ critical, processing, ...counts }) => ({
      handled: countOf(critical),
      ...counts,
      critical: toDurations(critical),
      processing: toDurations(processing),
    })),
    waiting,
  }
}

const mapped = <From, To>(all: Readonly<Record<string, From>>, map: (one: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, map(one)]))
