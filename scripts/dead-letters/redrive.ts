import { SingleBar } from 'cli-progress'
import {
  checkSelector,
  planFor,
  redrive,
  type DeadLetterContext,
  type Progress,
  type RedriveResult,
  type Selector,
} from '#messaging'
import { expectReaction, withContext, withDatabase } from './open.ts'
import { confirm, counted, EXIT, isTerminal, next, say, sayJson, table } from './output.ts'
import { untilStopped } from './stop.ts'

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

export async function redriveCommand(reaction: string, flags: RedriveFlags, selector: Selector): Promise<number> {
  checkSelector(selector)
  if (flags.dryRun) return dryRun(reaction, flags, selector)
  return withContext(flags.as, async (context) => {
    await expectReaction(context.db, reaction)
    const { total } = await planFor(context.db, reaction, selector)
    if (total === 0) return nothing(flags)
    const asks = total > 1 && !flags.json
    if (asks) await confirm(`Redrive ${counted(total, 'dead letter')} of ${reaction}?`, flags)
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
  const { outcome, why, sent, total, alreadyHandled, handled, deadAgain, retrying, inFlight } = result
  const code = outcome === 'done' && deadAgain === 0 ? EXIT.ok : EXIT.failed
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
  if (why) say(`  ${why}`)
  if (deadAgain > 0) next(`groups ${reaction}`, `show ${reaction}`)
  else if (outcome !== 'done') next(`redrive ${reaction} …   (sends what is still open, and nothing twice)`, 'history')
  else if (inFlight + retrying > 0) next('watch')
  return code
}

const WORDS = { done: 'Redriven', halted: 'Halted', interrupted: 'Interrupted', failed: 'Failed' }

function nothing({ json }: RedriveFlags): number {
  if (json) sayJson({ outcome: 'done', total: 0, sent: 0 })
  else say('Nothing that is open fits; nothing was sent.')
  return EXIT.ok
}

async function dryRun(reaction: string, { json, rate, canary }: RedriveFlags, selector: Selector): Promise<number> {
  const plan = await withDatabase(async (db) => {
    await expectReaction(db, reaction)
    return planFor(db, reaction, selector)
  })
  if (json) {
    sayJson(plan)
    return EXIT.ok
  }
  const { total, alreadyHandled, kinds, oldest, newest } = plan
  say(`${counted(total, 'dead letter')} of ${reaction} would be redriven; nothing is sent.`)
  if (total === 0) return EXIT.ok
  say(`  ${alreadyHandled} of them handled already: they would be resolved without being sent`)
  say(`  they died from ${oldest!.toISOString()} to ${newest!.toISOString()}`)
  if (canary) say(`  the first ${Math.min(canary, total)} go ahead as a canary`)
  if (rate) say(`  at ${rate}/s this takes ${Math.ceil((total - alreadyHandled) / rate)} s at least`)
  say(
    `\n${table(
      ['event', 'reason', 'count'],
      kinds.map(({ eventType, reason, count }) => [eventType ?? '?', reason, count]),
    )}`,
  )
  return EXIT.ok
}
