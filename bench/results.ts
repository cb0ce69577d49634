import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../dev/services/index.ts'
import type { Figure, Sample, Table } from './contest.ts'
import type { Machine } from './machine.ts'

export const REFERENCE = path.join(PROJECT, 'bench/results/reference.json')
export const LATEST = path.join(PROJECT, 'bench/results/latest.json')

/** One measurement, with all that is needed to judge it. */
export interface Result {
  name: string
  title: string
  method: string
  at: string
  commit: string | undefined
  command: string
  machine: Machine
  versions: Record<string, string>
  settings: Record<string, string | number>
  figures: Figure[]
  samples: Record<string, Sample[]>
  tables: Table[]
  /** What must not be; the command has failed. */
  failures?: readonly string[]
}

export type Results = Record<string, Result>

export function readResults(file: string): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** Replaces the measurements of this name in the file and leaves the others. */
export function writeResults(file: string, results: Results): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ ...readResults(file), ...results }, shorter, 2)}\n`)
}

/** Five digits say more than these measurements can know. */
function shorter(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
