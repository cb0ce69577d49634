import {
  describeDelivery,
  describeGroups,
  listReactions,
  readHistory,
  readStory,
  type DeliveryDetails,
  type DescribedGroup,
  type PastAction,
  type ReactionSummary,
} from '#messaging'
import { describe } from './details.ts'
import { withDatabase } from '../connect.ts'
import { hanging } from '../terminal/hanging.ts'
import { ago, cut, EXIT, say, sayJson, table } from '../terminal/output.ts'
import { next } from './next.ts'
import { expectReaction } from './open.ts'

interface Flags {
  json?: boolean
}

export async function list({ json }: Flags): Promise<number> {
  const reactions = await withDatabase(listReactions)
  if (json) sayJson(reactions)
  else if (reactions.length === 0) say('There are no dead letters.')
  else {
    say(reactionTable(reactions))
    const [most] = reactions
    if (most!.count > 0) next(`groups ${most!.reaction}`, `show ${most!.reaction}`)
  }
  return EXIT.ok
}

export const reactionTable = (reactions: readonly ReactionSummary[]) =>
  table(
    ['reaction', 'dead', 'causes', 'oldest', 'newest', 'in flight', 'most frequent error'],
    reactions.map(({ reaction, count, groups, oldest, newest, inFlight, topError }) => [
      reaction,
      count,
      groups,
      ago(oldest),
      ago(newest),
      inFlight,
      cut(topError ?? '', 160),
    ]),
  )

export async function groups(reaction: string, { json, limit }: Flags & { limit: number }): Promise<number> {
  const found = await withDatabase(async (db) => {
    await expectReaction(db, reaction)
    return describeGroups(db, reaction, limit)
  })
  if (json) sayJson(found)
  else if (found.length === 0) say(`${reaction} has no dead letters.`)
  else {
    say(groupTable(found))
    say()
    for (const { fingerprint, sentence } of found) say(hanging(`${fingerprint}  ${sentence}`, 14))
    const [first] = found
    next(
      `show ${reaction} --id ${first!.exampleId}`,
      `redrive ${reaction} --group ${first!.fingerprint} --dry-run`,
      `redrive ${reaction} --group ${first!.fingerprint} --canary 10`,
    )
  }
  return EXIT.ok
}

const groupTable = (found: readonly DescribedGroup[]) =>
  table(
    ['group', 'count', 'event', 'failed', 'reason', 'first', 'last', 'error'],
    found.map(({ fingerprint, count, eventType, failureClass, reason, oldest, newest, error }) => [
      fingerprint,
      count,
      eventType ?? '?',
      failureClass,
      reason,
      ago(oldest),
      ago(newest),
      cut(error, 160),
    ]),
  )

interface ShowFlags extends Flags {
  id?: string
  personal?: boolean
}

export async function show(reaction: string, { id, json, personal }: ShowFlags): Promise<number> {
  const details = await withDatabase(async (db) => {
    await expectReaction(db, reaction)
    const delivery = await describeDelivery(db, reaction, { id, personal })
    const { correlationId } = delivery
    return { ...delivery, story: correlationId === null ? [] : await readStory(db, correlationId) }
  })
  if (json) {
    const { json: body, body: text, ...rest } = details
    sayJson({ ...rest, body: body ?? text })
    return EXIT.ok
  }
  say(describe(details))
  const steps = nextSteps(details)
  if (steps.length > 0) next(...steps)
  return EXIT.ok
}

function nextSteps({ id, reaction, state, standing }: DeliveryDetails): string[] {
  const it = `${reaction} --id ${id}`
  const discarding = `discard ${it} --reason "…"`
  switch (state) {
    case 'dead':
      if (standing.kind === 'not in store') return [discarding]
      return standing.kind === 'handled' ? [`redrive ${it}`] : [`redrive ${it}`, `edit ${id}`, discarding]
    case 'discarded':
      return standing.kind === 'handled' ? [] : [`restore ${it}`]
    case 'held':
      return [`retry ${it}`, discarding]
    case 'retrying':
      return [`retry ${it}`, `hold ${it}`]
    default:
      return state === 'blocked' ? [`waiting ${reaction}`] : []
  }
}

export async function history(
  reaction: string | undefined,
  { json, limit }: Flags & { limit: number },
): Promise<number> {
  const actions = await withDatabase((db) => readHistory(db, { ...(reaction && { reaction: reaction }), limit }))
  if (json) sayJson(actions)
  else if (actions.length === 0) say('No operator has done anything yet.')
  else say(table(['when', 'who', 'what', 'reaction', 'selected', 'outcome', 'result', 'why'], actions.map(toRow)))
  return EXIT.ok
}

function toRow({ begunAt, operator, action, reaction, selector, outcome, result, reason }: PastAction): string[] {
  const selected = Object.entries(selector).map(([key, value]) => (value === true ? key : `${key} ${String(value)}`))
  const told = Object.entries(result ?? {}).filter(([key, value]) =>
    typeof value === 'number' ? value > 0 : key === 'changed',
  )
  return [
    begunAt.toISOString(),
    operator,
    action,
    reaction,
    cut(selected.join(', '), 44),
    outcome ?? 'running or killed',
    told.map(([key, value]) => `${key} ${String(value)}`).join(', '),
    reason ?? '',
  ]
}
