import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { listPauses, readFigures, readLatestWaiting, readOpenBreakers, readRelay } from '#messaging'
import { readPlaced, readStates } from '#domains/order'
import { isDatabaseOutage, type Database } from '#platform/database'
import { inTime, NoAnswer } from '#platform/process/in-time'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { exits } from '../run.ts'
import { json, positive } from '../terminal/options.ts'
import { EXIT, isTerminal, say, sayJson, visible } from '../terminal/output.ts'
import { styled } from '../terminal/style.ts'
import { drawTop, hasTrouble, type TopFigures } from './draw.ts'

const help = () => `
Queue, oldest and processes are what the scheduler has found in the last minute; p50 and p99 are the time from an event to the
commit of the reaction, of five minutes. While PostgreSQL is away the last picture stays, and says so. Without a terminal, and with --once, it prints one picture and ends. q ends it.

Examples:
  ${host().call('top')}
  ${host().call('top --once --json')}`

interface Flags {
  every: number
  once?: boolean
  json?: boolean
}

/** What goes on at this moment, again and again. */
export function addTop(program: Command): void {
  program
    .command('top')
    .description('live: orders, their states, and every reaction with its queue, its times and its failures')
    .option('--every <seconds>', 'seconds from one picture to the next', positive, 2)
    .option('--once', 'print one picture')
    .addOption(json())
    .addHelpText('after', help)
    .action(exits(watch))
}

async function watch({ every, once, json: asJson }: Flags): Promise<number> {
  await withDatabase(async (db) => {
    if (asJson) return sayJson(plainly(await read(db)))
    if (once || !isTerminal()) return drawTop(await read(db), process.stdout.columns ?? 120, styled).forEach(say)
    await follow(db, every * 1_000)
  }, 4)
  return EXIT.ok
}

const plainly = ({ relay, ...rest }: TopFigures) => ({ ...rest, relay: { ...relay, position: String(relay.position) } })

async function read(db: Database): Promise<TopFigures> {
  const [placed, states, figures, waiting, relay, breakers, pauses] = await Promise.all([
    readPlaced(db),
    readStates(db, 1),
    readFigures(db),
    readLatestWaiting(db),
    readRelay(db),
    readOpenBreakers(db),
    listPauses(db),
  ])
  return { at: new Date(), placed, states, figures, waiting, relay, breakers, pauses }
}

/** On the terminal's other screen, which leaves what was there as it was. What is wider than the terminal is cut by it. */
const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l'
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l'
const HOME = '\u001B[H'
/** Before a line is written: behind one that is as wide as the terminal it would take the last character away. */
const CLEAR_LINE = '\u001B[2K'
const BELOW = '\u001B[J'

async function follow(db: Database, everyMs: number): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const onKey = (key: Buffer) => ['q', '\u0003', '\u001B'].includes(key.toString()) && end()
  const { stdin, stdout } = process
  let top: TopFigures | undefined
  const show = () => top && stdout.write(pictureOf(top, everyMs))
  stdin.setRawMode(true).resume().on('data', onKey)
  process.once('SIGTERM', end)
  stdout.on('resize', show).write(ENTER)
  try {
    while (!ending.signal.aborted) {
      top = await readOrStay(db, top)
      show()
      await wait(everyMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  } finally {
    stdout.off('resize', show).write(LEAVE)
    stdin.off('data', onKey).setRawMode(false).pause()
    process.off('SIGTERM', end)
  }
}

/** Milliseconds until a database that does not answer counts as away. */
const PATIENCE_MS = 5_000

/** What stands now. While PostgreSQL is away: the figures of before, and since when. */
async function readOrStay(db: Database, before: TopFigures | undefined): Promise<TopFigures> {
  try {
    return await inTime(read(db), PATIENCE_MS)
  } catch (error) {
    if (!before || !(error instanceof NoAnswer || isDatabaseOutage(error))) throw error
    return { ...before, awaySince: before.awaySince ?? new Date() }
  }
}

function pictureOf(top: TopFigures, everyMs: number): string {
  const { columns, rows } = process.stdout
  const lines = drawTop(top, columns, styled).slice(0, rows - 2)
  const why = hasTrouble(top) ? ` · why: ${host().call('stuck')}` : ''
  const told = [...lines, '', styled('dim', `every ${everyMs / 1_000} s · q ends${why}`)].slice(0, rows)
  return `${HOME}${told.map((line) => CLEAR_LINE + visible(line)).join('\r\n')}${BELOW}`
}
