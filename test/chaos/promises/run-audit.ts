import { spawn } from 'node:child_process'
import path from 'node:path'
import { PROJECT } from '../../../dev/services/index.ts'

/**
 * Runs `fanfare audit` as an operator does, with no patience: everything is over. It knows the services of this run and no
 * others. @returns what it found, one line each; none when every invariant holds
 */
export function audit(env: Readonly<Record<string, string>>): Promise<string[]> {
  return fanfare(env, 'audit', '--strict', '--patience', '1s')
}

/** Gives back what belongs to orders that the database does not know. @returns what it said; nothing when all went well */
export function releaseOrphans(env: Readonly<Record<string, string>>): Promise<string[]> {
  return fanfare(env, 'audit', '--release', '--grace', '0s', '--yes')
}

function fanfare(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(PROJECT, 'src/cli/fanfare.mjs'), ...args], {
      cwd: PROJECT,
      env: { PATH: process.env['PATH'], ...env },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      resolve(
        code === 0
          ? []
          : said
              .trim()
              .split('\n')
              .filter((line) => !line.startsWith('holds')),
      ),
    )
  })
}
