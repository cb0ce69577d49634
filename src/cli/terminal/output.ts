import { createInterface } from 'node:readline/promises'
import Table from 'cli-table3'
import { StartupError } from '#platform/config'
import { hanging } from './hanging.ts'
import { styled } from './style.ts'

export const EXIT = { ok: 0, failed: 1, refused: 2 } as const

export const say = (text = '') => void process.stdout.write(`${visible(text)}\n`)
export const warn = (text: string) => void process.stderr.write(`${visible(text)}\n`)
export const sayJson = (value: unknown) => say(JSON.stringify(value, null, 2))

/** Bold, dim and colours, and their ends: what our own styles write. */
// oxlint-disable-next-line no-control-regex -- these are control characters
const OUR_STYLES = /^\u001B\[(?:1|2|22|3[0-9]|90)m$/
/** Whatever a terminal obeys in place of showing it, and marks that turn text around; not tabs and ends of lines. */
// oxlint-disable-next-line no-control-regex -- these are control characters
const OBEYED = /\u001B\[\d+m|(?![\n\t])\p{Cc}|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** What messages and errors hold is printed by its code where a terminal would obey it: `\\u001b[2J`. In JSON it stays the same text. */
export const visible = (text: string) =>
  text.replace(OBEYED, (found) => (OUR_STYLES.test(found) ? found : found.replace(OBEYED_ALONE, codeOf)))

const OBEYED_ALONE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu
const codeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

export const isTerminal = () => Boolean(process.stdout.isTTY && process.stdin.isTTY)

/** In a terminal no line is wider than that: the last column is cut, or stands beneath its row, whole, with the others that do not fit. */
export function table(head: string[], rows: (string | number)[][], room = process.stdout.columns ?? Infinity): string {
  const most = Math.max(40, Math.floor(Math.min(room, 160) / 2))
  const texts = rows.map((row) => row.map((cell, index) => cut(String(cell), index < row.length - 1 ? most : 500)))
  const widths = head.map((name, index) => Math.max(name.length, ...texts.map((row) => row[index]!.length)) + GAP)
  const rest = room - sum(widths.slice(0, -1)) - GAP
  if (rest >= Math.min(LEAST, widths.at(-1)!)) return lined(head, texts.map((row) => [...row.slice(0, -1), cut(row.at(-1)!, rest)])) // prettier-ignore
  const fitting = widths
    .slice(0, -1)
    .filter((_, index) => index === 0 || sum(widths.slice(0, index + 1)) <= room).length
  const [first, ...lines] = lined(head.slice(0, fitting), texts.map((row) => row.slice(0, fitting))).split('\n') // prettier-ignore
  return [first, ...lines.flatMap((line, index) => [line, ...beneath(head, rows[index]!, { fitting, room })])].join(
    '\n',
  )
}

/** What does not fit: cells with the names of their columns, and the last one by itself. */
function beneath(head: string[], row: (string | number)[], { fitting, room }: { fitting: number; room: number }) {
  const cells = row.map(String)
  const named = head
    .slice(fitting, -1)
    .flatMap((name, index) =>
      cells[fitting + index] === '' ? [] : [`${styled('dim', name)} ${cells[fitting + index]}`],
    )
  const last = cut(cells.at(-1)!, 3 * room)
  return [named.join(', '), last].filter((text) => text !== '').map((text) => hanging(`   ${text}`, GAP, room))
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** Between two columns. */
const GAP = 3
/** What a sentence needs beside other columns; with less it stands beneath them, whole. */
const LEAST = 48

function lined(head: string[], rows: string[][]): string {
  const style = { head: isTerminal() ? ['bold'] : [], border: [], compact: true }
  const plain = new Table({ head, style, chars: LINES })
  plain.push(...rows)
  return plain.toString()
}

const LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
}

export const cut = (text: string, max: number) => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > max ? `${line.slice(0, max - 1)}…` : line
}

export function ago(time: Date | null, now = Date.now()): string {
  if (time === null) return ''
  const seconds = Math.max(0, Math.round((now - time.getTime()) / 1_000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h ago`
  return `${Math.round(seconds / 86_400)} d ago`
}

export const counted = (count: number, what: string) =>
  `${count.toLocaleString('en-GB')} ${what}${count === 1 ? '' : 's'}`

/** Asks unless told not to. @throws StartupError when there is nobody to ask, or the answer is no */
export async function confirm(question: string, { yes }: { yes?: boolean }): Promise<void> {
  if (yes) return
  if (!isTerminal()) throw new StartupError(`${question} There is nobody to ask here: add --yes.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new StartupError('Nothing was changed.')
}
