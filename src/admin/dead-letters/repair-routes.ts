import { z } from 'zod'
import {
  discard,
  hold,
  planFor,
  redrive,
  restore,
  retryNow,
  type DeadLetterContext,
  type RedriveOptions,
  type Selector,
} from '#messaging'
import { standIn, defineRoute, Refusal, type Caller, type Route } from '#http'
import { Begun, Plan, Redrive, Repair, selection } from '../contract/index.ts'
import type { AdminNeeds } from '../needs.ts'
import { asRefusal } from './as-refusal.ts'
import { ofReaction, tag } from './browsing-routes.ts'

const Selection = z.strictObject(selection).meta({ id: 'Selection' })
const NOTHING = 'Nothing fits: it may have been repaired meanwhile. Look again.'
const refusals = { 409: 'refused, nothing-selected' }
const refused = asRefusal('conflict', 'refused')

/** What changes deliveries. Each leaves who did it and why in `operator_actions`. */
export const repairRoutes = (needs: AdminNeeds): Route[] => [planning(needs), redriving(needs), ...changing(needs)]

function planning({ db }: AdminNeeds): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/admin/dead-letters/{reaction}/plan',
    operationId: 'planRedrive',
    summary: 'What a redrive of this selection would do now; nothing is changed',
    tag,
    scope: 'admin',
    params: ofReaction,
    body: Selection,
    example: { params: { reaction: 'notification.email-customer' }, body: { ids: [standIn('dead letter')] } },
    replies: { 200: { description: 'What is selected', schema: Plan } },
    refusals: { 409: 'refused' },
    async handle({ params, body }) {
      return { status: 200, body: await planFor(db, params.reaction, selectorOf(body)).catch(refused) }
    },
  })
}

function redriving(needs: AdminNeeds): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/admin/dead-letters/{reaction}/redrive',
    operationId: 'redrive',
    summary: 'Have dead letters delivered again, with a canary, a pace and a limit of failures',
    description:
      'Begins, and answers at once: `GET /v1/admin/actions/{id}` tells how it goes. When the process that carries it out ' +
      'stops, what was not sent stays dead, and it can be begun again.',
    tag,
    scope: 'admin',
    params: ofReaction,
    body: Redrive,
    example: {
      params: { reaction: 'notification.email-customer' },
      body: { ids: [standIn('dead letter')], reason: 'The mail server is back' },
    },
    replies: { 202: { description: 'It has begun', schema: Begun } },
    refusals,
    async handle({ params: { reaction }, body, caller }) {
      const { reason, canary, rate, haltAbove } = body
      const options = { reason, ...given({ canary, rate, haltAbove }) }
      const selector = selectorOf(body)
      const { total } = await planFor(needs.db, reaction, selector).catch(refused)
      if (total === 0) throw new Refusal('conflict', 'nothing-selected', NOTHING)
      const actionId = await begin(needs, { caller, reaction, selector, options })
      return { status: 202, body: { actionId } }
    },
  })
}

interface Asked {
  caller: Caller
  reaction: string
  selector: Selector
  options: RedriveOptions
}

/** @returns the id of the action as soon as the audit table has it; the rest goes on by itself */
export function begin(needs: AdminNeeds, { caller, reaction, selector, options }: Asked): Promise<string> {
  const { log, ending: signal } = needs
  return new Promise((resolve, reject) => {
    redrive(contextOf(needs, caller), reaction, selector, { ...options, signal, onBegun: resolve }).then(
      ({ actionId, outcome, sent, handled }) => log.info({ reaction, actionId, outcome, sent, handled }, 'redriven'),
      (err: Error) => {
        log.warn({ reaction, err }, 'a redrive has failed')
        reject(err)
      },
    )
  }).then((id) => id as string, refused)
}

type Change = (
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  reason: string,
) => Promise<{ actionId: string }>

const CHANGES: { word: string; operationId: string; summary: string; change: Change; of: string }[] = [
  {
    word: 'discard',
    operationId: 'discardDeadLetters',
    summary: 'Close dead letters: their events are not handled by this reaction',
    change: discard,
    of: 'dead letter',
  },
  {
    word: 'restore',
    operationId: 'restoreDeadLetters',
    summary: 'Undo a discard',
    change: restore,
    of: 'discarded delivery',
  },
  {
    word: 'retry',
    operationId: 'retryNow',
    summary: 'What is retried later, or held, is due now',
    change: retryNow,
    of: 'held delivery',
  },
  {
    word: 'hold',
    operationId: 'holdDeliveries',
    summary: 'Keep what is retried later, or blocked, back until it is retried',
    change: hold,
    of: 'retried delivery',
  },
]

function changing(needs: AdminNeeds): Route[] {
  return CHANGES.map(({ word, operationId, summary, change, of }) =>
    defineRoute({
      method: 'post',
      path: `/v1/admin/dead-letters/{reaction}/${word}`,
      operationId,
      summary,
      tag,
      scope: 'admin',
      params: ofReaction,
      body: Repair,
      example: {
        params: { reaction: 'notification.email-customer' },
        body: { ids: [standIn(of)], reason: 'The mail server is back' },
      },
      replies: { 200: { description: 'It is done; the action tells the counts', schema: Begun } },
      refusals,
      async handle({ params: { reaction }, body, caller }) {
        const context = contextOf(needs, caller)
        const { actionId } = await change(context, reaction, selectorOf(body), body.reason).catch(refused)
        return { status: 200, body: { actionId } }
      },
    }),
  )
}

const contextOf = ({ db }: AdminNeeds, { actor }: Caller): DeadLetterContext => ({ db, operator: actor })

function selectorOf({ ids, group, eventType, olderThanSeconds, all }: z.infer<typeof Selection>): Selector {
  const olderThanMs = olderThanSeconds === undefined ? undefined : olderThanSeconds * 1_000
  return given({ ids, group, eventType, olderThanMs, all })
}

/** Only what is not undefined. */
export const given = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
