import { z } from 'zod'
import { asAction, planReplay, replay, ReplayRefused, type ReplayPlan } from '#messaging'
import { defineRoute, Refusal, type Caller, type Route } from '#http'
import { Begun, Replay, ReplayPlanView, ReplayRange } from '../contract/index.ts'
import { ReactionName } from '../contract/words.ts'
import { tag } from '../overview/looking-routes.ts'
import type { AdminNeeds } from '../needs.ts'

const params = z.strictObject({ reaction: ReactionName })
const refusals = { 409: 'refused' }

/** History to one reaction: what it has not handled, and nothing a second time. */
export function replayRoutes(needs: AdminNeeds): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/admin/reactions/{reaction}/plan-replay',
      operationId: 'planReplay',
      summary: 'What a replay to this reaction would deliver; nothing is changed',
      tag,
      scope: 'admin',
      params,
      body: ReplayRange,
      example: { params: { reaction: 'loyalty.award-points' }, body: { types: ['order.confirmed'] } },
      replies: { 200: { description: 'How many events', schema: ReplayPlanView } },
      refusals,
      async handle({ params: { reaction }, body }) {
        const plan = await planReplay(needs.db, { reaction, ...rangeOf(body) }).catch(refused)
        return { status: 200, body: await toView(needs, plan) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/admin/reactions/{reaction}/replay',
      operationId: 'replay',
      summary: 'Have events of the past delivered to one reaction that has not handled them',
      description:
        'Begins, and answers at once: `GET /v1/admin/actions/{id}` tells when it has ended. When its process stops, reconciliation ' +
        'delivers the rest by and by. What was handled before is left out; `fanfare replay --again` delivers that too.',
      tag,
      scope: 'admin',
      params,
      body: Replay,
      example: {
        params: { reaction: 'loyalty.award-points' },
        body: { types: ['order.confirmed'], reason: 'Rows were deleted by hand' },
      },
      replies: { 202: { description: 'It has begun', schema: Begun } },
      refusals,
      async handle({ params: { reaction }, body: { reason, rate, ...range }, caller }) {
        const plan = await planReplay(needs.db, { reaction, ...rangeOf(range) }).catch(refused)
        const asked = { reaction, ...rangeOf(range), ...(rate !== undefined && { rate }) }
        return { status: 202, body: { actionId: await begin(needs, caller, { asked, plan, reason }) } }
      },
    }),
  ]
}

interface Order {
  asked: Omit<Parameters<typeof replay>[0], 'db' | 'instance'>
  plan: ReplayPlan
  reason: string
}

/** @returns the id of the action as soon as the audit table has it */
function begin(needs: AdminNeeds, { actor }: Caller, { asked, plan, reason }: Order): Promise<string> {
  const { db, log, ending: signal } = needs
  const { reaction, types, from } = plan
  const selector = { types, from: String(from), to: String(plan.to) }
  return new Promise((resolve, reject) => {
    asAction({ db, operator: actor }, { action: 'replay', reaction, selector, reason }, async ({ actionId }) => {
      resolve(actionId)
      const sent = await replay({ ...asked, db, instance: `operator ${actor}`, signal })
      return { outcome: signal.aborted ? 'interrupted' : 'done', sent }
    }).catch((err: Error) => {
      log.warn({ reaction, err }, 'a replay has failed')
      reject(err)
    })
  })
}

const rangeOf = ({ from, types }: z.infer<typeof ReplayRange>) => ({
  ...(from !== undefined && { from: BigInt(from) }),
  ...(types && { types }),
})

async function toView({ reactionCalled }: AdminNeeds, { reaction, types, from, to, ...counts }: ReplayPlan) {
  const { events, handled, kept } = counts
  const callsOut = (await reactionCalled(reaction))?.call !== undefined
  const delivered = events - handled - kept
  return { types, from: String(from), to: String(to), events, handled, kept, delivered, callsOut }
}

function refused(error: unknown): never {
  if (error instanceof ReplayRefused) throw new Refusal('conflict', 'refused', error.message, { cause: error })
  throw error
}
