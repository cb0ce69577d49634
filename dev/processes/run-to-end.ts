import { spawn } from 'node:child_process'

interface Options {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Runs it as this user (only root may). */
  user?: { uid: number; gid: number } | undefined
  /** Aborted, it kills the program and all that it has started. Without one it runs to its end, whatever happens to us. */
  signal?: AbortSignal | undefined
}

const KEPT_OUTPUT = 8_000

/**
 * Runs a program to its end, in a process group of its own: Ctrl-C does not reach it, and nothing of it outlives us.
 * @returns its exit code and the end of what it said
 * @throws the signal's reason when it was aborted, once the program is gone
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  { cwd, env, user, signal }: Options = {},
): Promise<{ code: number; output: string }> {
  signal?.throwIfAborted()
  const child = spawn(command, args, { cwd, env, ...user, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_OUTPUT)))
  const kill = () => killGroup(child.pid)
  signal?.addEventListener('abort', kill, { once: true })
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (ended) => resolve(ended ?? 1))
  }).finally(() => signal?.removeEventListener('abort', kill))
  signal?.throwIfAborted()
  return { code, output }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // it ended in the meantime
  }
}
