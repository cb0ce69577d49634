import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../project.ts'
import { runToEnd } from './run-to-end.ts'
import { TYPESCRIPT } from './typescript.ts'

/** What node is to be told to run a TypeScript file of this project. */
export type Program = (file: string, ...args: string[]) => string[]

/** As it stands there. Each process translates what it loads. */
export const fromSource: Program = (file, ...args) => [...TYPESCRIPT, file, ...args]

const FOLDER = path.join(PROJECT, '.fanfare/compiled')
const CONFIG = path.join(PROJECT, 'dev/processes/tsconfig.compile.json')
/** What of the project its own processes run; nothing else can be run from there. */
const SOURCES = ['src', 'workers', 'sandbox']
/**
 * Stacks name the sources. And WebAssembly, which is Prisma's query compiler here, is not optimized: that takes 15 MB and a
 * tenth of the start, and a query is compiled only once.
 */
const FLAGS = ['--enable-source-maps', '--liftoff-only']
/** Compiled states that are kept: other commands may run from the ones before. */
const KEPT = 3

/**
 * Translates the sources once for all processes: one that translates for itself takes 30 MB and half a second of processor
 * time more. Does nothing when they were translated as they are now. Types are not checked.
 * @throws SetupError with the place of what is not TypeScript; the signal's reason when it is aborted
 */
export async function compile(signal?: AbortSignal): Promise<Program> {
  const folder = path.join(FOLDER, fingerprint())
  if (!existsSync(folder)) await emit(folder, signal)
  const now = new Date()
  utimesSync(folder, now, now)
  forgetOldest()
  return (file, ...args) => [...FLAGS, path.join(folder, file.replace(/\.ts$/, '.js')), ...args]
}

/** Names the sources and the way they are compiled, by what changes when a file is written. */
function fingerprint(): string {
  const inside = SOURCES.flatMap((folder) =>
    readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(folder, file),
    ),
  )
  const hash = createHash('sha256')
  for (const file of ['package.json', 'tsconfig.json', path.relative(PROJECT, CONFIG), ...inside.sort()]) {
    const { mtimeMs, size } = statSync(path.join(PROJECT, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Complete or not there at all. */
async function emit(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const draft = `${folder}.${process.pid}`
  const compiler = path.join(PROJECT, 'node_modules/typescript/bin/tsc')
  try {
    const args = [compiler, '--project', CONFIG, '--outDir', draft]
    const { code, output } = await runToEnd(process.execPath, args, { cwd: PROJECT, signal })
    if (code !== 0) throw new SetupError(`The sources cannot be compiled:\n${output.trim()}`)
    writeFileSync(path.join(draft, 'package.json'), packageOf(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')))
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The inner names, such as #messaging, of what was compiled. */
function packageOf(text: string): string {
  const { type, imports } = JSON.parse(text) as { type: string; imports: Record<string, string> }
  const compiled = Object.entries(imports).map(([name, file]) => [name, file.replace(/\.ts$/, '.js')])
  return JSON.stringify({ type, imports: Object.fromEntries(compiled) as Record<string, string> })
}

function forgetOldest(): void {
  mkdirSync(FOLDER, { recursive: true })
  const states = readdirSync(FOLDER).map((name) => path.join(FOLDER, name))
  const ages = states.map((state) => ({ state, at: statSync(state, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
  for (const { state } of ages.sort((a, b) => b.at - a.at).slice(KEPT)) rmSync(state, { recursive: true, force: true })
}
