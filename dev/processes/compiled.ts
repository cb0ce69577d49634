import { createHash } from 'node:crypto'
import { cpSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { PROJECT } from '../project.ts'
import { builtOnce } from './built.ts'
import { TYPESCRIPT } from './typescript.ts'

/** What node is to be told to run a TypeScript file of this project. */
export type Program = (file: string, ...args: string[]) => string[]

/** As it stands there. Each process translates what it loads. The whole path tells it from a process of another clone. */
export const fromSource: Program = (file, ...args) => [...TYPESCRIPT, path.join(PROJECT, file), ...args]

const FOLDER = path.join(PROJECT, '.fanfare/compiled')
/** Read by the API: what was published of each event, what examples were answered, and the page of the documentation. */
const READ = ['src/events/published', 'src/api/openapi/answers.json', 'src/api/openapi/page']
/** What of the project its own processes run; nothing else can be run from there. */
const SOURCES = ['src', 'workers', 'sandbox']
/**
 * Stacks name the sources. And WebAssembly, which is Prisma's query compiler here, is not optimized: that takes 15 MB and a
 * tenth of the start, and a query is compiled only once.
 */
const FLAGS = ['--enable-source-maps', '--liftoff-only']

/**
 * Translates and bundles the sources once for all processes. Does nothing when they were translated as they are now. Types
 * are not checked.
 * @throws SetupError with the place of what is not TypeScript; the signal's reason when it is aborted
 */
export async function compile(signal?: AbortSignal): Promise<Program> {
  const folder = path.join(FOLDER, fingerprint())
  await builtOnce(folder, (draft) => emit(draft, folder))
  signal?.throwIfAborted()
  return (file, ...args) => [...FLAGS, path.join(folder, file.replace(/\.ts$/, '.js')), ...args]
}

const COMMAND_LINE = `const { fanfare } = await import(process.argv[1])
process.exitCode = await fanfare(process.argv.slice(2), { env: process.env })`

/**
 * What node is to be told to run a command of `fanfare` as a process of its own. For tests that start many: compiled, it starts in a
 * fourth of the processor time of `src/cli/fanfare.mjs`, which translates its sources.
 */
export async function compiledCommand(...args: string[]): Promise<string[]> {
  const program = (await compile())('src/cli/fanfare.ts')
  const url = pathToFileURL(program.at(-1)!).href
  return [...program.slice(0, -1), '--input-type=module', '-e', COMMAND_LINE, '--', url, ...args]
}

/** The way they are compiled. */
const HOW = ['dev/processes/bundle.ts', 'dev/processes/compiled.ts']

/** Names the sources and the way they are compiled, by what changes when a file is written. */
function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', 'package.json', 'tsconfig.json', ...HOW, ...sources()]) {
    const { mtimeMs, size } = statSync(path.join(PROJECT, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** @param final where the draft will be in the end */
async function emit(draft: string, final: string): Promise<void> {
  const { bundle } = await import('./bundle.ts') // its compiler is seldom needed
  await bundle(programs(), draft, final)
  for (const place of READ) cpSync(path.join(PROJECT, place), path.join(draft, place), { recursive: true })
  writeFileSync(path.join(draft, 'package.json'), '{"type":"module"}')
}

const PROGRAM = /^(src\/(main\/.*|cli\/fanfare)|workers\/.*|sandbox\/.*)\.ts$/

/** What is started or imported by its place. */
const programs = () => sources().filter((file) => PROGRAM.test(file) && !file.endsWith('.test.ts'))

const sources = () =>
  SOURCES.flatMap((folder) =>
    readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(folder, file),
    ),
  ).sort()
