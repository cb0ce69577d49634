import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs'
import path from 'node:path'
import { say } from '../../src/cli/terminal/output.ts'
import { styled } from '../../src/cli/terminal/style.ts'
import type { UnwantedEnd } from '../processes/supervised-process.ts'
import { PROJECT } from '../project.ts'

export const LOGS = path.join(PROJECT, '.fanfare/logs')

/** A line of pino's. */
interface LogRecord {
  level: number
  msg?: string
  err?: { message?: string }
}

const WARNING = 40
const ERROR = 50

/** The log file of one process, kept over its restarts; the file of the run before stands beside it. */
export function openLog(name: string): WriteStream {
  const file = path.join(LOGS, `${name.replaceAll(' ', '-')}.log`)
  mkdirSync(LOGS, { recursive: true })
  if (existsSync(file)) renameSync(file, file.replace(/\.log$/, '.previous.log'))
  return createWriteStream(file)
}

/** Prints warnings and errors, and from standard error everything. */
export function showLine(name: string, line: string, from: 'stdout' | 'stderr'): void {
  const record = readRecord(line)
  if (!record) return from === 'stderr' ? print(name, line) : undefined
  if (record.level < WARNING) return
  const sentence = [record.msg, record.err?.message].filter(Boolean).join(': ')
  print(name, record.level < ERROR ? sentence : styled('red', sentence))
}

export function tellEnd({ name, code, signal, againInMs }: UnwantedEnd): void {
  const end = signal ? `was ended by ${signal}` : `ended by itself with code ${code}`
  print(name, styled('red', `${end}; it is started again in ${againInMs / 1_000} s`))
}

/** One line, with the process it comes from before it. */
function print(from: string, sentence: string): void {
  say(`${styled('dim', `[${from}]`)} ${sentence}`)
}

function readRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}
