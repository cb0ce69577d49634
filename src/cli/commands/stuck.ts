import type { Command } from 'commander'
import { findStuck, type StuckCause } from '#messaging'
import type { Database } from '#platform/database'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { isOfThisVersion } from '../reactions.ts'
import { findStuckProjections, plainly, tellProjection } from '../projections/stuck.ts'
import { exits } from '../run.ts'
import { durationOption, json } from '../terminal/options.ts'
import { ago, counted, EXIT, say, sayJson } from '../terminal/output.ts'
import { styled } from '../terminal/style.ts'

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
  const open = causes.filter(({ kind }) => kind !== 'discarded').length + projections.length
  const underWay = open === 0 ? await withDatabase(findUnderWay) : []
  if (asJson) sayJson({ ok: open === 0, causes, projections: projections.map(plainly), underWay })
  else {
    projections.forEach(tellProjection)
    print(causes, open)
  }
  if (!asJson && underWay.length > 0) tellUnderWay(underWay, patience)
  return open === 0 ? EXIT.ok : EXIT.failed
}

function print(causes: readonly StuckCause[], open: number) {
  for (const cause of causes) {
    say(`${styled(COLOURS[cause.kind] ?? 'yellow', cause.kind)}  ${sentenceOf(cause)}`)
    const example = cause.example === null ? '' : `, such as ${cause.example}`
    say(`    ${counted(cause.conversations, 'order')}${example}, the oldest ${ago(cause.since)}`)
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

/** Why, in one sentence. */
function sentenceOf({ kind, reaction, eventType, error, attempts, nextAt }: StuckCause): string {
  const what = `${reaction} and ${eventType ?? 'a message'}`
  const failed = error ? `: ${error}` : ''
  if (isForeign(kind, reaction))
    return `${what}: waits, and this version has no such reaction. Start the release that has it, or retire it.`
  switch (kind) {
    case 'retrying':
      return `${what}: ${counted(attempts, 'attempt')} failed, the next is due at ${clock(nextAt)}${failed}`
    case 'overdue':
      return `${what}: due at ${clock(nextAt)}, and nobody takes it. Does a worker with ${reaction} run that is on this type? What nobody wants any more is retired.`
    case 'newer-release':
      return `${what}: no release that runs knows this type or version. Start the newer one, or retire the type.`
    case 'blocked':
      return `${what}: waits behind an earlier event of its order that is not handled.`
    case 'held':
      return `${what}: an operator holds it back${failed}`
    case 'dead':
      return `${what}: given up after ${counted(attempts, 'attempt')}${failed}`
    case 'discarded':
      return `${what}: an operator discarded it, so it will not be handled${failed}`
    case 'waiting':
      return `${what}: published, and not handled. Does a worker with ${reaction} run, and does it keep up?`
    default:
      return `${eventType} is stored, and not published. Does a relay run, and does it reach RabbitMQ?`
  }
}

/** Waits for a worker that no worker of this version can be. */
const isForeign = (kind: StuckCause['kind'], reaction: string | null) =>
  (kind === 'overdue' || kind === 'waiting') && reaction !== null && !isOfThisVersion(reaction)

const clock = (at: Date | null) => (at ? at.toISOString().slice(11, 19) : 'an unknown time')

function helpFor({ kind, reaction, fingerprint, deliveryId, example }: StuckCause): string[] {
  const call = (line: string) => host().call(line)
  const story = example === null ? [] : [call(`story ${example}`)]
  if (isForeign(kind, reaction)) return [...story, call(`worker --retire ${reaction}`)]
  switch (kind) {
    case 'dead':
      return [
        call(`dead-letters show ${reaction} --id ${deliveryId}`),
        call(`dead-letters redrive ${reaction} --group ${fingerprint} --dry-run`),
      ]
    case 'retrying':
      return [...story, call(`dead-letters retry ${reaction} --group ${fingerprint}`)]
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
