import type { Command } from 'commander'
import {
  findStuck,
  findStuckProjections,
  isBehind,
  isForeign,
  outagesOf,
  readOpenBreakers,
  tellCause,
  tellOutage,
  type Outage,
  type StuckCause,
} from '#messaging'
import type { Database } from '#platform/database'
import { withDatabase } from '../../connect.ts'
import { host } from '../../host.ts'
import { isOfThisVersion } from '../../reactions.ts'
import { plainly, tellProjection } from '../../projections/stuck.ts'
import { exits } from '../../run.ts'
import { durationOption, json } from '../../terminal/options.ts'
import { hanging } from '../../terminal/hanging.ts'
import { ago, counted, EXIT, say, sayJson } from '../../terminal/output.ts'
import { styled } from '../../terminal/style.ts'

const help = () => `
Exit codes: 0 everything moves · 1 something does not · 2 wrong usage, or PostgreSQL does not answer

A failed attempt shows at once; what merely waits on a queue, after --patience. What an operator discarded is told for ever.

Examples:
  ${host().call('stuck')}
  ${host().call('stuck --json')}`

interface Flags {
  patience: number
  json?: boolean
}

/** What does not move at this moment, and what helps. */
export function addStuck(program: Command): void {
  program
    .command('stuck')
    .description('orders that do not move now: why, how many, and what helps')
    .addOption(durationOption('--patience <duration>', 'how long a message may be on its way', '10s'))
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(look))
}

async function look({ patience, json: asJson }: Flags): Promise<number> {
  const causes = await withDatabase((db) => findStuck(db, { patienceMs: patience }))
  const projections = await withDatabase((db) => findStuckProjections(db, patience))
  const outages = outagesOf(await withDatabase(readOpenBreakers))
  const open = causes.filter(({ kind }) => kind !== 'discarded').length + projections.length + outages.length
  const underWay = open === 0 ? await withDatabase(findUnderWay) : []
  if (asJson) sayJson({ ok: open === 0, outages, causes, projections: projections.map(plainly), underWay })
  else {
    projections.forEach(tellProjection)
    for (const outage of outages) printOutage(outage, causes)
    print(
      causes.filter((cause) => !isBehind(cause, outages)),
      open,
    )
  }
  if (!asJson && underWay.length > 0) tellUnderWay(underWay, patience)
  return open === 0 ? EXIT.ok : EXIT.failed
}

/** What waits for it is a part of it: no worker that was started would help. */
function printOutage(outage: Outage, causes: readonly StuckCause[]) {
  const behind = causes.filter((cause) => isBehind(cause, [outage]))
  const [first] = behind
  const orders = Math.max(0, ...behind.map(({ conversations }) => conversations))
  const waiting = first ? `${counted(orders, 'order')} wait, such as ${first.example}; ` : ''
  say(hanging(`${styled('red', 'away')}  ${tellOutage(outage)}`, 4))
  say(hanging(`    ${waiting}paused ${ago(outage.since)}`, 4))
  if (first?.example) say(styled('dim', `    ${host().call(`story ${first.example}`)}`))
}

function print(causes: readonly StuckCause[], open: number) {
  for (const cause of causes) {
    say(hanging(`${styled(COLOURS[cause.kind] ?? 'yellow', cause.kind)}  ${tellCause(cause, isOfThisVersion)}`, 4))
    const example = cause.example === null ? '' : `, such as ${cause.example}`
    say(hanging(`    ${counted(cause.conversations, 'order')}${example}, the oldest ${ago(cause.since)}`, 4))
    for (const command of helpFor(cause)) say(styled('dim', `    ${command}`))
  }
  if (open === 0) say(causes.length === 0 ? 'Nothing is stuck.' : '\nNothing else is stuck.')
}

/** What is on its way, or waits for nobody: a glance does not tell. */
const findUnderWay = async (db: Database) =>
  (await findStuck(db, { patienceMs: 0 })).filter(({ kind }) => UNDER_WAY.has(kind))

const UNDER_WAY: ReadonlySet<StuckCause['kind']> = new Set(['waiting', 'unpublished', 'overdue'])

function tellUnderWay(causes: readonly StuckCause[], patienceMs: number) {
  say(`Under way for less than ${patienceMs / 1_000} s, so nobody knows yet whether it moves; ask again:`)
  for (const { reaction, eventType, conversations, since } of causes)
    say(`    ${reaction ?? 'the relay'} and ${eventType}: ${counted(conversations, 'order')}, the oldest ${ago(since)}`)
}

const COLOURS: Partial<Record<StuckCause['kind'], 'red' | 'yellow' | 'dim'>> = {
  dead: 'red',
  overdue: 'red',
  discarded: 'dim',
}

function helpFor({ kind, reaction, fingerprint, deliveryId, example }: StuckCause): string[] {
  const call = (line: string) => host().call(line)
  const story = example === null ? [] : [call(`story ${example}`)]
  if (isForeign({ kind, reaction }, isOfThisVersion)) return [...story, call(`worker --retire ${reaction}`)]
  switch (kind) {
    case 'dead':
      return [
        call(`dead-letters show ${reaction} --id ${deliveryId}`),
        call(`dead-letters redrive ${reaction} --group ${fingerprint} --dry-run`),
      ]
    case 'retrying':
      return [...story, call(`dead-letters retry ${reaction} --group ${fingerprint}`)]
    case 'paused':
      return [...story, call(`reactions resume ${reaction}`)]
    case 'held':
      return [...story, call(`dead-letters retry ${reaction} --id ${deliveryId}`)]
    case 'discarded':
      return [call(`dead-letters restore ${reaction} --id ${deliveryId}`)]
    case 'overdue':
    case 'waiting':
      return [...story, call(`worker ${reaction}`)]
    case 'unpublished':
      return [call('relay')]
    default:
      return story
  }
}
