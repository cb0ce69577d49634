import { z } from 'zod'
import { EVERY_REACTION, findRecoveries, type Recovery } from '#messaging'
import { defineRoute, Refusal, type Route } from '#http'
import { Begun, RecoveryList, RedriveRecovered } from '../contract/index.ts'
import { Dependency } from '../contract/words.ts'
import type { AdminNeeds } from '../needs.ts'
import { tag } from './browsing-routes.ts'
import { begin, given } from './repair-routes.ts'

/** What outages have left, as one redrive each. */
export function recoveryRoutes(needs: AdminNeeds): Route[] {
  const { db } = needs
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/recoveries',
      operationId: 'listRecoveries',
      summary: 'What was away and is not any more, with the dead letters that are left of that time',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'By dependency, most letters first', schema: RecoveryList } },
      handle: async () => ({ status: 200, body: { recoveries: (await findRecoveries(db)).map(toView) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/admin/recoveries/{dependency}/redrive',
      operationId: 'redriveRecovered',
      summary: 'Have all of them delivered again, of every reaction, as one redrive',
      description: 'Begins, and answers at once: `GET /v1/admin/actions/{id}` tells how it goes.',
      tag,
      scope: 'admin',
      params: z.strictObject({ dependency: Dependency }),
      body: RedriveRecovered,
      example: {
        params: { dependency: 'payment-gateway' },
        body: { reason: 'The payment gateway is back', canary: 10, rate: 20 },
      },
      replies: { 202: { description: 'It has begun', schema: Begun } },
      refusals: { 409: 'refused, nothing-selected' },
      async handle({ params: { dependency }, body, caller }) {
        const options = { ...given(body), reason: body.reason }
        const isThere = (await findRecoveries(db)).some((one) => one.dependency === dependency)
        if (!isThere)
          throw new Refusal('conflict', 'nothing-selected', `No outage of ${dependency} has left dead letters.`)
        const selector = { recovered: dependency }
        return {
          status: 202,
          body: { actionId: await begin(needs, { caller, reaction: EVERY_REACTION, selector, options }) },
        }
      },
    }),
  ]
}

const toView = ({ from, until, quietMs: _, untried: __, ...one }: Recovery) => ({
  ...one,
  from: from.toISOString(),
  until: until.toISOString(),
})
