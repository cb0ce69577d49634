import { checkSelector, discard, planFor, restore, type Selector } from '#messaging'
import { asOperator, whyNothing } from './open.ts'
import { confirm, counted, EXIT, say, sayJson } from '../terminal/output.ts'
import { untilStopped } from '../terminal/stop.ts'
import { next, nothing } from './next.ts'

interface DiscardFlags {
  json?: boolean
  dryRun?: boolean
  reason: string
  yes?: boolean
  as: string
}

export function discardCommand(reaction: string, flags: DiscardFlags, selector: Selector): Promise<number> {
  checkSelector(selector)
  return asOperator(flags.as, reaction, async (context) => {
    const plan = await planFor(context.db, reaction, selector, 'discard')
    if (plan.total === 0) return nothing(await whyNothing(context.db, reaction, selector), selector, flags)
    if (flags.dryRun) {
      if (flags.json) sayJson(plan)
      else say(`${counted(plan.total, 'event')} of ${reaction} would be discarded; nothing is changed.`)
      return EXIT.ok
    }
    await confirm(`Discard ${counted(plan.total, 'event')} of ${reaction}? They will not be handled.`, flags)
    const result = await discard(context, reaction, selector, flags.reason, { signal: untilStopped() })
    if (flags.json) sayJson(result)
    else {
      say(`${result.discarded} discarded, ${result.alreadyHandled} resolved as handled already.`)
      if (result.released > 0) say(`${counted(result.released, 'later event')} that waited behind them due now.`)
      next(`restore ${reaction} …   (undoes it)`)
    }
    return result.outcome === 'done' ? EXIT.ok : EXIT.failed
  })
}

interface RestoreFlags extends Omit<DiscardFlags, 'reason' | 'dryRun'> {
  reason?: string
}

export function restoreCommand(reaction: string, flags: RestoreFlags, selector: Selector): Promise<number> {
  checkSelector(selector)
  return asOperator(flags.as, reaction, async (context) => {
    if (!selector.ids) await confirm(`Restore what was discarded of ${reaction} and fits?`, flags)
    const result = await restore(context, reaction, selector, flags.reason)
    if (flags.json) sayJson(result)
    else {
      say(`${counted(result.restored, 'event')} of ${reaction} restored.`)
      next(`redrive ${reaction} …`)
    }
    return EXIT.ok
  })
}
