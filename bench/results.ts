import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { format } from 'prettier'
import { PROJECT } from '../dev/services/index.ts'
import type { Figure, Table } from './benchmark.ts'
import type { Machine } from './machine.ts'

const FILE = path.join(PROJECT, 'bench/results/reference.json')

/** One benchmark, with all that is needed to judge it. */
export interface Result {
  title: string
  method: string
  command: string
  at: string
  commit: string | undefined
  machine: Machine
  versions: Record<string, string>
  settings: Record<string, string | number>
  figures: Figure[]
  tables: Table[]
}

/** By the name of the benchmark. */
export type Results = Record<string, Result>

/** The committed ones. */
export const readResults = () => JSON.parse(readFileSync(FILE, 'utf8')) as Results

/** Replaces the committed results of these benchmarks and leaves the others. */
export async function saveResults(results: Results): Promise<void> {
  const text = JSON.stringify({ ...readResults(), ...results }, shorter)
  writeFileSync(FILE, await format(text, { parser: 'json', printWidth: 160 }))
}

/** Five digits say more than these benchmarks can know. */
function shorter(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
