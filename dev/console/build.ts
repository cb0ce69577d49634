import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { builtOnce } from '../processes/built.ts'
import { PROJECT, SetupError } from '../project.ts'
import { runToEnd } from '../processes/run-to-end.ts'

const BUILT = path.join(PROJECT, '.fanfare/console')
const VITE = 'node_modules/vite/bin/vite.js'
/** What the result depends on, beside the packages, which the lockfile names. */
const SOURCES = ['console', 'src/admin/contract', 'src/picture']

/**
 * Builds the console, unless it was built from just these files before. It takes some two seconds.
 * @returns the folder with its files, for CONSOLE_FOLDER
 */
export async function buildConsole(signal?: AbortSignal): Promise<string> {
  const folder = path.join(BUILT, fingerprint())
  await builtOnce(folder, (draft) => bundle(draft, signal))
  return folder
}

/** @param into an absolute folder */
export async function bundle(into: string, signal?: AbortSignal): Promise<void> {
  const args = [VITE, 'build', 'console', '--config', 'console/vite.config.ts', '--outDir', into]
  const { code, output } = await runToEnd(process.execPath, args, { cwd: PROJECT, signal })
  if (code !== 0) throw new SetupError(`The console could not be built:\n${output.trim()}`)
}

function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(path.join(PROJECT, 'package-lock.json')))
  for (const file of SOURCES.flatMap(filesIn)) hash.update(file).update(readFileSync(path.join(PROJECT, file)))
  return hash.digest('hex').slice(0, 16)
}

const filesIn = (folder: string): string[] =>
  readdirSync(path.join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/dist'))
    .map((entry) => path.relative(PROJECT, path.join(entry.parentPath, entry.name)))
    .toSorted()
