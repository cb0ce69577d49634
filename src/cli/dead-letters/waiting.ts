import {
  groupWaiting,
  hold,
  listWaiting,
  planWaiting,
  retryNow,
  type Selector,
  type WaitingDelivery,
  type WaitingGroup,
  type WaitingPlan,
} from '#messaging'
import { withDatabase } from '../connect.ts'
import { host, tellOldCode } from '../host.ts'
import { confirm, counted, cut, EXIT, say, sayJson, table } from '../terminal/output.ts'
import { next, nothing } from './next.ts'
import { asOperator, expectReaction, whyNothing } from './open.ts'

export async function waiting(
  reaction: string | undefined,
  { json, limit }: { json?: boolean; limit: number },
): Promise<number> {
  const { groups, deliveries } = await withDatabase(async (db) => {
    if (reaction) await expectReaction(db, reaction)
    return { groups: await groupWaiting(db, reaction), deliveries: await listWaiting(db, reaction, limit) }
  })
  const total = groups.reduce((sum, { count }) => sum + count, 0)
  if (json) sayJson({ total, groups, deliveries })
  else if (total === 0) say('Nothing waits.')
  else {
    say(total > limit ? groupTable(groups) : listTable(deliveries))
    const [first] = deliveries
    next(`show ${first!.reaction} --id ${first!.id}`, `retry ${first!.reaction} --all`, `hold ${first!.reaction} …`)
  }
  return EXIT.ok
}

const groupTable = (groups: readonly WaitingGroup[]) =>
  table(
    ['reaction', 'state', 'reason', 'group', 'count', 'first due', 'error'],
    groups.map(({ reaction, state, reason, fingerprint, count, dueInMs, error }) => [
      reaction,
      state,
      reason,
      fingerprint ?? '',
      count,
      due(dueInMs),
      cut(error ?? '', 160),
    ]),
  )

const listTable = (deliveries: readonly WaitingDelivery[]) =>
  table(
    ['id', 'reaction', 'event', 'conversation', 'state', 'attempts', 'due', 'why'],
    deliveries.map((one) => [
      one.id,
      one.reaction,
      one.eventType,
      one.correlationId,
      one.state,
      one.attempts,
      due(one.dueInMs),
      cut(why(one), 160),
    ]),
  )

function why({ inHandsOf, behind, error, reason }: WaitingDelivery): string {
  if (inHandsOf) return `in the hands of ${inHandsOf}`
  return behind ? `behind ${behind}` : (error ?? reason)
}

function due(ms: number | null): string {
  if (ms === null) return ''
  const seconds = Math.round(ms / 1_000)
  if (seconds < -5) return `${-seconds} s overdue`
  if (seconds <= 0) return 'now'
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.round(seconds / 60)} min`
}

interface ChangeFlags {
  json?: boolean
  reason?: string
  yes?: boolean
  as: string
}

export const changeWaiting =
  (action: 'retry' | 'hold') =>
  (reaction: string, flags: ChangeFlags, selector: Selector): Promise<number> =>
    asOperator(flags.as, reaction, async (context) => {
      const plan = await planWaiting(context.db, reaction, selector)
      const total = plan.retrying + (action === 'retry' ? plan.held : plan.blocked)
      if (total + plan.inHand + plan.blocked === 0)
        return nothing(await whyNothing(context.db, reaction, selector), selector, flags)
      if (action === 'retry') tellOldCode(reaction)
      const asked = `${action === 'retry' ? 'Retry' : 'Hold'} ${counted(total, 'event')} of ${reaction}?`
      if (total > 1) await confirm(asked, flags)
      const change = action === 'retry' ? retryNow : hold
      const result = await change(context, reaction, selector, flags.reason)
      if (flags.json) sayJson({ ...result, plan })
      else tell(action, reaction, result.changed, plan)
      return EXIT.ok
    })

function tell(action: 'retry' | 'hold', reaction: string, changed: number, { inHand, blocked }: WaitingPlan) {
  if (action === 'retry') say(`${counted(changed, 'event')} of ${reaction} due now.`)
  else
    say(`${counted(changed, 'event')} of ${reaction} held: not delivered until ${host().call('dead-letters retry')}.`)
  if (inHand > 0) say(`  ${inHand} left alone: a worker has them in hand at this moment`)
  if (action === 'retry' && blocked > 0) say(`  ${blocked} blocked: they go on when what is before them is repaired`)
  next(`waiting ${reaction}`)
}
