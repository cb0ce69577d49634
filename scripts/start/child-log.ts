import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { PROJECT } from '../services/index.ts'
import { alarm, print } from './terminal.ts'

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

interface Outputs {
  stdout: Readable
  stderr: Readable
}

interface Listener {
  onLine(line: string): void
  onMessage(message: string): void
}

/** Writes every line to the file; prints warnings and errors, and from standard error everything. */
export function followLog(name: string, { stdout, stderr }: Outputs, file: WriteStream, listener: Listener): void {
  follow(name, stdout, file, listener, () => {})
  follow(name, stderr, file, listener, (line) => print(name, line))
}

type PlainLine = (line: string) => void

function follow(
  name: string,
  output: Readable,
  file: WriteStream,
  { onLine, onMessage }: Listener,
  plain: PlainLine,
): void {
  createInterface({ input: output }).on('line', (line) => {
    file.write(`${line}\n`)
    onLine(line)
    const record = readRecord(line)
    if (!record) return plain(line)
    if (record.msg) onMessage(record.msg)
    if (record.level < WARNING) return
    const sentence = [record.msg, record.err?.message].filter(Boolean).join(': ')
    if (record.level < ERROR) print(name, sentence)
    else alarm(name, sentence)
  })
}

function readRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}
