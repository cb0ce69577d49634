import { userInfo } from 'node:os'
import { CARE, EVERY_REACTION, findRecoveries, Refused, type Recovery } from '#messaging'
import { withDatabase } from '../connect.ts'
import { confirm, counted, EXIT, say, sayJson, table } from '../terminal/output.ts'
import { next } from './next.ts'
import { report, send, type RedriveFlags } from './redrive.ts'

/** What outages have left: lists them, or redrives those of one dependency. */
export function recoveredCommand(dependency: string | undefined, flags: RedriveFlags): Promise<number> {
  return withDatabase(async (db) => {
    const found = await findRecoveries(db)
    if (dependency === undefined) return list(found, flags)
    const recovery = found.find((one) => one.dependency === dependency)
    if (!recovery) throw new Refused(`No outage of ${dependency} that is over has left dead letters.`)
    if (flags.dryRun) return list([recovery], flags)
    await confirm(`Redrive ${sentenceOf(recovery)}?`, flags)
    const context = { db, operator: flags.as || userInfo().username }
    return report(EVERY_REACTION, await send(context, EVERY_REACTION, { recovered: dependency }, flags), flags)
  })
}

const sentenceOf = ({ letters, reactions, dependency }: Recovery) =>
  `${counted(letters, 'dead letter')} of ${reactions.join(', ')} from the time when ${dependency} was away`

function list(found: readonly Recovery[], { json }: RedriveFlags): number {
  if (json) sayJson(found)
  else if (found.length === 0) say('No outage that is over has left dead letters.')
  else {
    const head = ['dependency', 'from', 'until', 'works again', 'dead', 'reactions', 'policy']
    say(table(head, found.map(toRow)))
    next(`recovered ${found[0]!.dependency} --canary ${CARE.canary} --rate ${CARE.rate}/s`)
  }
  return EXIT.ok
}

const toRow = ({ dependency, from, until, isBack, letters, reactions, stopped }: Recovery) => [
  dependency,
  from.toISOString(),
  until.toISOString(),
  isBack ? 'yes' : 'not called since',
  letters,
  reactions.join(', '),
  stopped ? `stopped: ${stopped}` : '',
]
