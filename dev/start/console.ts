import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs'
import path from 'node:path'
import { say } from '../../src/cli/terminal/output.ts'
import { styled } from '../../src/cli/terminal/style.ts'
import { howEnded } from '../processes/how-ended.ts'
import type { UnwantedEnd } from '../processes/supervised-process.ts'
import { PROJECT } from '../project.ts'
import { readRecord, sentenceOf, WARNING, ERROR } from './log-record.ts'

export const LOGS = path.join(PROJECT, '.fanfare/logs')

/** The log file of one process, kept over its restarts; the file of the run before stands beside it. */
export function openLog(name: string): WriteStream {
  const file = path.join(LOGS, `${name.replaceAll(' ', '-')}.log`)
  mkdirSync(LOGS, { recursive: true })
  if (existsSync(file)) renameSync(file, file.replace(/\.log$/, '.previous.log'))
  return createWriteStream(file)
}

/** Lines that are the same but for their numbers, within the time in which they are counted. */
interface Repeated {
  /** The latest of them, and when it came. */
  text: string
  at: number
  from: Set<string>
  count: number
  windowMs: number
}

/** Processes that stand in for services of others: reactions warn while they are away. */
const STAND_INS = new Set(['gateway', 'mail'])

/** What a process that has counted its warning says of that: see the logger. */
const COUNT = / \(repeated (?:once|\d+ times) in \d+ s\)/

/** None has come again yet. */
const NEVER = { count: 0, at: 0 }

const FIRST_WINDOW_MS = 5_000
const LONGEST_WINDOW_MS = 300_000
/** A service that ends is noticed a little after its clients have complained. */
const NOTICE_MS = 750
/** After a service is back its clients need so long to come back too. */
const SETTLE_MS = 5_000
/** Its clients have found a service that was just started after so long, */
const RECONNECT_MS = 2_000
/** and have said by then how often they had tried. */
const SUMMARY_MS = 15_000

/**
 * What all processes say, on one terminal: warnings, errors, what is well again after them, and whatever stands on standard error. A line that comes again is
 * counted, and the latest is told with the count after 5 s, then after 10 s, and so on. While a service is away, the warnings that follow
 * from it are only counted.
 */
export class Console {
  readonly #repeated = new Map<string, Repeated>()
  /** When it first answered; Infinity until then. */
  readonly #startedAt = new Map<string, number>()
  readonly #away = new Map<string, number>()
  readonly #held = { count: 0, from: new Set<string>() }
  #settling: NodeJS.Timeout | undefined
  /** When a service has answered again last. */
  #backAt = -Infinity
  #isClosed = false

  /** From now on nothing is worth a line: everything is being stopped. */
  close(): void {
    this.#isClosed = true
  }

  line(name: string, line: string, from: 'stdout' | 'stderr'): void {
    const record = readRecord(line)
    if (!record) return from === 'stderr' ? this.#tell(name, line, line) : undefined
    if (record.level < WARNING && !record.isRecovery) return
    const sentence = sentenceOf(record)
    if (record.level >= ERROR) this.#tell(name, sentence, styled('red', sentence))
    else if (!this.#isOfStart(sentence, record.repeated !== undefined) && !this.#isOfOutage(record.repeated))
      setTimeout(
        () => (record.isRecovery ? this.#recovered(name, sentence) : this.#warn(name, sentence, record.repeated)),
        NOTICE_MS,
      ).unref()
  }

  #warn(name: string, sentence: string, times?: number): void {
    if (this.#away.size > 0) this.#hold(name)
    else this.#tell(name, sentence, sentence, times)
  }

  /** Of an outage of a service that was told of itself, its own line is enough. */
  #recovered(name: string, sentence: string): void {
    if (this.#away.size === 0) this.#tell(name, sentence, sentence)
  }

  ended({ name, code, signal, againInMs }: UnwantedEnd): void {
    const end = howEnded({ code, signal })
    if (STAND_INS.has(name)) this.#away.set(name, performance.now())
    this.#tell(name, `${name} ${end}`, styled('red', `${end}; it is started again in ${againInMs / 1_000} s`))
  }

  works(name: string): void {
    this.#tell(name, `${name} works`, 'works')
  }

  worksAgain(name: string, awayMs: number): void {
    this.#tell(name, `${name} works again`, `works again after ${(awayMs / 1_000).toFixed(1)} s`)
    if (this.#away.has(name)) this.#isBack(name)
  }

  /** Processes that start beside a service warn that it is away: until it answers that is no news. */
  serviceStarts(title: string): void {
    this.#startedAt.set(title, Infinity)
  }

  serviceStarted(title: string): void {
    this.#startedAt.set(title, performance.now())
  }

  #isOfStart(sentence: string, isSummary: boolean): boolean {
    const lateMs = isSummary ? SUMMARY_MS : RECONNECT_MS
    return [...this.#startedAt].some(([title, at]) => sentence.includes(title) && performance.now() - at < lateMs)
  }

  /** A count of what was warned of during an outage comes when it is over. */
  #isOfOutage(repeated: unknown): boolean {
    return repeated !== undefined && performance.now() - this.#backAt < SUMMARY_MS
  }

  /** @param end in words, if it is known */
  serviceDown(title: string, end = 'has ended'): void {
    this.#away.set(title, performance.now())
    print(title, styled('red', `${end}; it is started again`))
  }

  serviceUp(title: string): void {
    const seconds = (performance.now() - (this.#away.get(title) ?? 0)) / 1_000
    print(title, `answers again after ${seconds.toFixed(1)} s`)
    this.#isBack(title)
  }

  #isBack(title: string): void {
    this.#backAt = performance.now()
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#settled(title), SETTLE_MS)
    this.#settling.unref()
  }

  #settled(title: string): void {
    this.#away.clear()
    const { count, from } = this.#held
    const processes = from.size === 1 ? [...from][0]! : `${from.size} processes`
    const warnings = count === 1 ? 'one warning' : `${count} warnings`
    if (count > 0) print(title, `${warnings} of ${processes} meanwhile, in ${relative(LOGS)}`)
    this.#held.count = 0
    from.clear()
  }

  #hold(name: string): void {
    this.#held.count++
    this.#held.from.add(name)
  }

  /** @param times how often it came, where a process has counted that itself */
  #tell(name: string, text: string, shown: string, times = 1): void {
    if (this.#isClosed) return
    const key = text.replace(COUNT, '').replaceAll(/'[^']*'|[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '#')
    const repeated = this.#repeated.get(key)
    if (repeated) {
      repeated.count += times
      repeated.from.add(name)
      repeated.text = shown.replace(COUNT, '')
      repeated.at = performance.now()
      return
    }
    print(name, shown)
    this.#count(key, { ...NEVER, text: shown.replace(COUNT, ''), from: new Set([name]), windowMs: FIRST_WINDOW_MS })
  }

  #count(key: string, repeated: Repeated): void {
    this.#repeated.set(key, repeated)
    const { from, windowMs } = repeated
    const timer = setTimeout(() => {
      this.#repeated.delete(key)
      const { text, count, at } = repeated
      if (count === 0 || this.#isClosed) return
      const others = from.size > 1 ? `${from.size} processes` : [...from][0]!
      const ago = ((performance.now() - at) / 1_000).toFixed(1)
      print(others, `${count} more in ${windowMs / 1_000} s, the latest ${ago} s ago: ${text}`)
      this.#count(key, { ...NEVER, text, from: new Set(), windowMs: Math.min(windowMs * 2, LONGEST_WINDOW_MS) })
    }, windowMs)
    timer.unref()
  }
}

const relative = (file: string) => path.relative(PROJECT, file)

/** One line, with the process it comes from before it. */
function print(from: string, sentence: string): void {
  say(`${styled('dim', `[${from}]`)} ${sentence}`)
}
