import { z } from 'zod'
import { askRun } from '#messaging'
import { defineRoute, type Route } from '#http'
import { Begun, RunSchedule } from '../contract/index.ts'
import { ScheduleName } from '../contract/words.ts'
import { asRefusal } from '../dead-letters/as-refusal.ts'
import type { AdminNeeds } from '../needs.ts'
import { tag } from './looking-routes.ts'

/** What runs by the clock is run now. */
export const runRoutes = ({ db }: AdminNeeds): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/admin/schedules/{name}/run',
    operationId: 'runSchedule',
    summary: 'Have a schedule run now, out of turn',
    description:
      'A scheduler takes it up within seconds, or when one runs again: `GET /v1/admin/actions/{id}` tells how it ended. It is run once, and ' +
      'not tried again.',
    tag,
    scope: 'admin',
    params: z.strictObject({ name: ScheduleName }),
    body: RunSchedule,
    example: { params: { name: 'order.expire-orders' }, body: { reason: 'The clock of the database was wrong' } },
    replies: { 202: { description: 'It is asked for', schema: Begun } },
    refusals: { 409: 'refused' },
    async handle({ params: { name: schedule }, body: { reason }, caller }) {
      const context = { db, operator: caller.actor }
      const { actionId } = await askRun(context, { schedule, reason }).catch(asRefusal('conflict', 'refused'))
      return { status: 202, body: { actionId } }
    },
  }),
]
