import { spawn } from 'node:child_process'
import { PROJECT } from '../../scripts/services/index.ts'

/** Runs `npm run audit` as an operator does. @returns what it found, one line each; none when all is well */
export function audit(env: Readonly<Record<string, string>>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', 'audit'], { cwd: PROJECT, env: { ...process.env, ...env } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve(code === 0 ? [] : [`exit code ${code}`, ...said.trim().split('\n')]))
  })
}
