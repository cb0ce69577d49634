import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Config } from './config.ts'

/** Which release this process is of. */
export const releaseOf = ({ FANFARE_RELEASE: release }: Pick<Config, 'FANFARE_RELEASE'>): string =>
  release || versionAbove(import.meta.dirname)

/** Of the nearest package that has a version: what is compiled lies deeper than its source. */
function versionAbove(folder: string): string {
  const file = path.join(folder, 'package.json')
  const { version } = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as { version?: string }
  if (version !== undefined) return version
  const above = path.dirname(folder)
  return above === folder ? 'unknown' : versionAbove(above)
}
