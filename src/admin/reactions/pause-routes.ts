import { z } from 'zod'
import { pauseReaction, resumeReaction } from '#messaging'
import { defineRoute, type Route } from '#http'
import { Begun, Pause } from '../contract/index.ts'
import { ReactionName } from '../contract/words.ts'
import { asRefusal } from '../dead-letters/as-refusal.ts'
import type { AdminNeeds } from '../needs.ts'
import { tag } from '../overview/looking-routes.ts'

const CHANGES = [
  {
    word: 'pause',
    operationId: 'pauseReaction',
    summary: 'Have every process stop running a reaction, within seconds',
    description:
      'It finishes what it has in hand. What it is owed waits, also when the broker is wiped meanwhile, until it is resumed.',
    change: pauseReaction,
  },
  {
    word: 'resume',
    operationId: 'resumeReaction',
    summary: 'Let a reaction go on that was paused, with everything that has waited for it',
    description: 'Within seconds, in every process that has it.',
    change: resumeReaction,
  },
] as const

/** An operator stops a reaction for a while, such as before a repair of what it works on. */
export const pauseRoutes = ({ db }: AdminNeeds): Route[] =>
  CHANGES.map(({ word, change, ...about }) =>
    defineRoute({
      ...about,
      method: 'post',
      path: `/v1/admin/reactions/{reaction}/${word}`,
      tag,
      scope: 'admin',
      params: z.strictObject({ reaction: ReactionName }),
      body: Pause,
      example: { params: { reaction: 'notification.email-customer' }, body: { reason: 'The template is wrong' } },
      replies: { 200: { description: 'It is written down; processes heed it within seconds', schema: Begun } },
      refusals: { 409: 'refused' },
      async handle({ params: { reaction }, body: { reason }, caller }) {
        const context = { db, operator: caller.actor }
        const { actionId } = await change(context, { reaction, reason }).catch(asRefusal('conflict', 'refused'))
        return { status: 200, body: { actionId } }
      },
    }),
  )
