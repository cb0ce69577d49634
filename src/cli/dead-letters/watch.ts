import { setTimeout as wait } from 'node:timers/promises'
import { listReactions, type ReactionSummary } from '#messaging'
import { reactionTable } from './browse.ts'
import { withDatabase } from '../connect.ts'
import { EXIT, isTerminal, say } from '../terminal/output.ts'

/** A table that renews itself on a terminal; otherwise one line for each change. */
export async function watch({ every, json }: { every: number; json?: boolean }, signal: AbortSignal): Promise<number> {
  const live = isTerminal() && !json
  await withDatabase(async (db) => {
    let before = new Map<string, ReactionSummary>()
    while (!signal.aborted) {
      const reactions = await listReactions(db)
      if (live) redraw(reactions)
      else for (const line of changes(before, reactions, json ?? false)) say(line)
      before = new Map(reactions.map((reaction) => [reaction.reaction, reaction]))
      await wait(every, undefined, { signal }).catch(() => {})
    }
  })
  return EXIT.ok
}

const CLEAR = '\u001B[H\u001B[J'

function redraw(reactions: readonly ReactionSummary[]) {
  const body = reactions.length === 0 ? 'There are no dead letters.' : reactionTable(reactions)
  process.stdout.write(CLEAR)
  say(`Dead letters at ${new Date().toLocaleTimeString('en-GB')} · Ctrl-C ends\n\n${body}`)
}

/** What differs from the look before; at the first look, everything there is. */
function changes(
  before: ReadonlyMap<string, ReactionSummary>,
  reactions: readonly ReactionSummary[],
  json: boolean,
): string[] {
  const now = new Map(reactions.map((reaction) => [reaction.reaction, reaction]))
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((reaction): string[] => {
    const [was, is] = [before.get(reaction), now.get(reaction)]
    const [dead, inFlight] = [is?.count ?? 0, is?.inFlight ?? 0]
    const difference = dead - (was?.count ?? 0)
    if (difference === 0 && inFlight === (was?.inFlight ?? 0)) return []
    const at = new Date().toISOString()
    if (json) return [JSON.stringify({ at, reaction, dead, inFlight, difference, topError: is?.topError ?? null })]
    const sign = difference > 0 ? '+' : ''
    return [
      `${at}  ${reaction}  ${dead} dead (${sign}${difference}), ${inFlight} in flight  ${is?.topError ?? ''}`.trimEnd(),
    ]
  })
}
