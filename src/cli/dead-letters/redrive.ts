import { SingleBar } from 'cli-progress'
import {
  checkSelector,
  EVERY_REACTION,
  planFor,
  redrive,
  type DeadLetterContext,
  type Plan,
  type Progress,
  type RedriveResult,
  type Selector,
} from '#messaging'
import { tellOldCode } from '../host.ts'
import { asOperator, whyNothing } from './open.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson, table } from '../terminal/output.ts'
import { untilStopped } from '../terminal/stop.ts'
import { next, nothing } from './next.ts'

export interface RedriveFlags {
  json?: boolean
  dryRun?: boolean
  canary?: number
  rate?: number
  haltAbove?: number
  wait: number
  reason?: string
  yes?: boolean
  as: string
  id?: string[]
}

export function redriveCommand(reaction: string, flags: RedriveFlags, selector: Selector): Promise<number> {
  checkSelector(selector)
  return asOperator(flags.as, reaction, async (context) => {
    const plan = await planFor(context.db, reaction, selector)
    if (plan.total === 0) return nothing(await whyNothing(context.db, reaction, selector), selector, flags)
    if (flags.dryRun) return dryRun(reaction, flags, plan)
    tellOldCode(reaction)
    if (plan.total > 1) await confirm(`Redrive ${counted(plan.total, 'dead letter')} of ${reaction}?`, flags)
    return report(reaction, await send(context, reaction, selector, flags), flags)
  })
}

/** Sends, with a progress bar where somebody looks at one. */
export async function send(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  { canary, rate, haltAbove, wait, reason, json }: RedriveFlags,
): Promise<RedriveResult> {
  const bar =
    isTerminal() && !json ? new SingleBar({ format: FORMAT, hideCursor: true, clearOnComplete: true }) : undefined
  let started = false
  const onProgress = (progress: Progress) => {
    if (!started) bar?.start(progress.total, 0, progress)
    started = true
    bar?.update(progress.sent + progress.alreadyHandled, progress)
  }
  try {
    return await redrive(context, reaction, selector, {
      ...(canary !== undefined && { canary }),
      ...(rate !== undefined && { rate }),
      ...(haltAbove !== undefined && { haltAbove }),
      ...(reason !== undefined && { reason }),
      waitMs: wait,
      onProgress,
      signal: untilStopped(),
    })
  } finally {
    if (started) bar?.stop()
  }
}

const FORMAT = '{bar} {value}/{total} sent · {handled} handled · {deadAgain} dead again · {inFlight} in flight'

export function report(reaction: string, result: RedriveResult, { json }: { json?: boolean }): number {
  const { outcome, why, sent, total, alreadyHandled, skipped, handled, deadAgain, retrying, inFlight } = result
  const code = outcome === 'done' && deadAgain === 0 && skipped === 0 ? EXIT.ok : EXIT.failed
  if (json) {
    sayJson(result)
    return code
  }
  say(
    `${WORDS[outcome]}: ${sent} of ${total} sent${alreadyHandled > 0 ? `, ${counted(alreadyHandled, 'event')} handled already` : ''}.`,
  )
  say(
    `  ${handled} handled · ${deadAgain} dead again · ${retrying} failed and waiting for the next attempt · ${inFlight} in flight`,
  )
  if (skipped > 0) say(`  ${skipped} left: ${UNDELIVERABLE}`)
  if (why) say(`  ${why}`)
  if (reaction === EVERY_REACTION) next('list', 'history')
  else if (deadAgain > 0) next(`groups ${reaction}`, `show ${reaction}`)
  else if (outcome !== 'done') next(`redrive ${reaction} …   (sends what is still dead, and nothing twice)`, 'history')
  else if (inFlight + retrying > 0) next(`waiting ${reaction}`)
  return code
}

const WORDS = { done: 'Redriven', halted: 'Halted', interrupted: 'Interrupted', failed: 'Failed' }
const UNDELIVERABLE =
  'the event store does not have their events, or their type is retired, so nobody can take them; discard closes them.'

function dryRun(reaction: string, { json, rate, canary }: RedriveFlags, plan: Plan): number {
  if (json) {
    sayJson(plan)
    return EXIT.ok
  }
  const { total, alreadyHandled, undeliverable, kinds, oldest, newest } = plan
  say(`${counted(total, 'dead letter')} of ${reaction} would be redriven; nothing is sent.`)
  say(`  ${alreadyHandled} of them handled already: they would be resolved without being sent`)
  if (undeliverable > 0) say(`  ${undeliverable} would be left: ${UNDELIVERABLE}`)
  say(`  they died from ${oldest!.toISOString()} to ${newest!.toISOString()}`)
  if (canary) say(`  the first ${Math.min(canary, total)} go ahead as a canary`)
  if (rate) say(`  at ${rate}/s this takes ${Math.ceil((total - alreadyHandled - undeliverable) / rate)} s at least`)
  const rows = kinds.map(({ eventType, reason, count }) => [eventType ?? '?', reason, count])
  say(`\n${table(['event', 'reason', 'count'], rows)}`)
  return EXIT.ok
}
