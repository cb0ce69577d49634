import { checkSelector, discard, planFor, type Selector } from '#messaging'
import { expectReaction, withContext } from './open.ts'
import { confirm, counted, EXIT, say, sayJson } from './output.ts'
import { untilStopped } from './stop.ts'

interface DiscardFlags {
  json?: boolean
  dryRun?: boolean
  reason: string
  yes?: boolean
  as: string
}

export async function discardCommand(reaction: string, flags: DiscardFlags, selector: Selector): Promise<number> {
  checkSelector(selector)
  return withContext(flags.as, async (context) => {
    await expectReaction(context.db, reaction)
    const plan = await planFor(context.db, reaction, selector)
    if (flags.dryRun || plan.total === 0) {
      if (flags.json) sayJson(plan)
      else say(`${counted(plan.total, 'dead letter')} of ${reaction} would be discarded; nothing is changed.`)
      return EXIT.ok
    }
    const question = `Discard ${counted(plan.total, 'dead letter')} of ${reaction}? Their events will not be handled.`
    await confirm(question, flags)
    const result = await discard(context, reaction, selector, flags.reason, { signal: untilStopped() })
    if (flags.json) sayJson(result)
    else {
      say(
        `${counted(result.discarded, 'dead letter')} discarded, ${result.alreadyHandled} resolved as handled already.`,
      )
      if (result.released > 0)
        say(`${counted(result.released, 'later event')} that waited behind them on the way again.`)
    }
    return result.outcome === 'done' ? EXIT.ok : EXIT.failed
  })
}
