import { spawn } from 'node:child_process'
import path from 'node:path'
import { PROJECT } from '../../dev/services/index.ts'

/**
 * Runs `fanfare audit` as an operator does, with no patience: everything is over. It knows the services of this run and no
 * others. @returns what it found, one line each; none when every invariant holds
 */
export function audit(env: Readonly<Record<string, string>>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const fanfare = path.join(PROJECT, 'src/cli/fanfare.mjs')
    const child = spawn(process.execPath, [fanfare, 'audit', '--strict', '--patience', '1s'], {
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
