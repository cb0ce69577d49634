import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { Refused } from '#messaging'

/** What is looked for where nobody has named one; a slim container has neither. */
const USUAL = ['vi', 'nano']

/**
 * Lets the operator edit a file, in the editor that `VISUAL` or `EDITOR` names, or in a usual one.
 * @throws Refused when there is none, or it ends with an error
 */
export function edit(file: string, env: NodeJS.ProcessEnv): void {
  const named = env['VISUAL'] || env['EDITOR']
  const [command, ...args] = named?.split(' ') ?? USUAL.filter((name) => isInstalled(name, env)).slice(0, 1)
  if (!command)
    throw new Refused(
      `No editor is installed here (${USUAL.join(', ')}), and EDITOR names none. Change single values with --set, or give the whole ` +
        'data with --file; `show <reaction> --id <id> --json` prints them.',
    )
  const { error, status } = spawnSync(command, [...args, file], { stdio: 'inherit', env })
  if (error)
    throw new Refused(`The editor ${command} cannot be started (${error.message}): set EDITOR, or use --set or --file.`)
  if (status !== 0) throw new Refused(`The editor ended with ${status}; nothing was changed.`)
}

function isInstalled(name: string, { PATH = '' }: NodeJS.ProcessEnv): boolean {
  return PATH.split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
