import { spawn } from 'node:child_process'
import { PROJECT } from '../../scripts/services/index.ts'

/**
 * Runs `npm run audit` as an operator does, with no patience: everything is over. @returns what it found, one line each;
 * none when every invariant holds
 */
export function audit(env: Readonly<Record<string, string>>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', 'audit', '--', '--strict', '--patience', '1s'], {
      cwd: PROJECT,
      env: { ...process.env, ...env },
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
