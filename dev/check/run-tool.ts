import { spawn } from 'node:child_process'
import path from 'node:path'

/**
 * Runs an installed command line tool (or an absolute path) to its end.
 * `output` is what it wrote to standard output and standard error, without colours.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const file = path.isAbsolute(command) ? command : path.join('node_modules', '.bin', command)
  const child = spawn(file, args, {
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${command} did not start: run npm ci`, { cause })))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
