import { z } from 'zod'
import { readHistory, readOutcomes, type PastAction } from '#messaging'
import { standIn, defineRoute, pageLimit, Refusal, type Route } from '#http'
import { ActionList, ActionView } from '../contract/index.ts'
import { Id, ReactionName } from '../contract/words.ts'
import type { AdminNeeds } from '../needs.ts'
import { tag } from './browsing-routes.ts'

/** The audit log of operators. */
export function actionRoutes({ db }: AdminNeeds): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/actions',
      operationId: 'listActions',
      summary: 'What operators did, the latest first',
      tag,
      scope: 'admin',
      query: z.strictObject({ reaction: ReactionName.optional(), limit: pageLimit }),
      example: { query: { reaction: 'notification.email-customer', limit: 1 } },
      replies: { 200: { description: 'By command line and by API', schema: ActionList } },
      async handle({ query: { reaction, limit } }) {
        const actions = await readHistory(db, { ...(reaction && { reaction }), limit })
        return { status: 200, body: { actions: actions.map(toView) } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/actions/{id}',
      operationId: 'getAction',
      summary: 'One action, and what has become of the deliveries that it touched',
      tag,
      scope: 'admin',
      params: z.strictObject({ id: Id }),
      example: { params: { id: standIn('action') } },
      replies: { 200: { description: 'The action so far', schema: ActionView } },
      refusals: { 404: 'action-not-found' },
      async handle({ params: { id } }) {
        const [action] = await readHistory(db, { actionId: id, limit: 1 })
        if (!action) throw new Refusal('not-found', 'action-not-found', `No operator has begun an action ${id}.`)
        return { status: 200, body: { ...toView(action), progress: await readOutcomes(db, id, 0) } }
      },
    }),
  ]
}

const toView = ({ begunAt, finishedAt, ...action }: PastAction) => ({
  ...action,
  begunAt: begunAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
})
