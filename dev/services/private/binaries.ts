import { accessSync, constants, readdirSync } from 'node:fs'
import path from 'node:path'

const BREW_PREFIXES = ['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew']

/** The first folder that holds all the named executables. */
export function folderWith(folders: string[], ...executables: string[]): string | undefined {
  return folders.find((folder) => executables.every((name) => isExecutable(path.join(folder, name))))
}

export function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(path.delimiter).filter(path.isAbsolute)
}

/** `bin` and `sbin` of Homebrew and of its formulas with this name (`postgresql` finds `postgresql@17` as well). */
export function brewFolders(formula: string): string[] {
  const formulas = BREW_PREFIXES.flatMap((prefix) => children(path.join(prefix, 'opt'), formula))
    .sort()
    .reverse()
  return [...formulas, ...BREW_PREFIXES].flatMap((folder) => [path.join(folder, 'bin'), path.join(folder, 'sbin')])
}

/** The entries of a folder whose names begin so, as full paths; none when it cannot be read. */
export function children(folder: string, beginning = ''): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.startsWith(beginning) ? [path.join(folder, name)] : []))
  } catch {
    return []
  }
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
