import { isKnownReaction } from '../deliveries/subscriptions.ts'
import { asAction } from './operator-actions.ts'
import { Refused, type DeadLetterContext } from './operator-context.ts'

interface Asked {
  reaction: string
  reason?: string | undefined
}

/**
 * Has every process stop running a reaction, within seconds: it finishes what it has in hand and hands the rest back. What it is
 * owed waits on its queue and in `deliveries`, or is delivered again by reconciliation when the broker loses it.
 * @throws Refused when it is paused already, or there is no such reaction
 */
export async function pauseReaction(
  context: DeadLetterContext,
  { reaction, reason }: Asked,
): Promise<{ actionId: string }> {
  const { db, operator } = context
  if (!(await isKnownReaction(db, reaction))) throw new Refused(`No reaction ${reaction} is subscribed to anything.`)
  return asAction(context, { action: 'pause', reaction, selector: {}, reason }, async () => {
    const row = { reaction, operator, reason: reason ?? null }
    const { count } = await db.reactionPause.createMany({ data: [row], skipDuplicates: true })
    if (count === 0) throw new Refused(`${reaction} is paused already.`)
    return { outcome: 'done' as const }
  })
}

/** Lets a reaction go on, with everything that has waited for it. @throws Refused when it is not paused */
export async function resumeReaction(
  context: DeadLetterContext,
  { reaction, reason }: Asked,
): Promise<{ actionId: string }> {
  return asAction(context, { action: 'resume', reaction, selector: {}, reason }, async () => {
    const { count } = await context.db.reactionPause.deleteMany({ where: { reaction } })
    if (count === 0) throw new Refused(`${reaction} is not paused.`)
    return { outcome: 'done' as const }
  })
}
