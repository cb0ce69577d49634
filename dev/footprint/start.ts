import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { PROJECT } from '../project.ts'
import { waitFor } from '../processes/wait-for.ts'

/** An `npm start` of ours. */
export interface Started {
  pid: number
  /** Until the API and every worker were ready, the start of npm start itself included. */
  readyMs: number
  /** Ctrl-C. @returns milliseconds until everything had ended */
  stop(): Promise<number>
}

const UP = 'Fanfare is up'
const AT_REST = 'Ctrl-C stops everything'
const PATIENCE_S = 180

/** Starts the system and waits until its sample order is through. @throws what it said, when it ends before that */
export async function startSystem(args: readonly string[]): Promise<Started> {
  const began = performance.now()
  const child = spawn(process.execPath, [path.join(PROJECT, 'dev/run.mjs'), 'start', ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C reaches only us, and we stop it
  })
  const output = outputOf(child)
  const says = async (text: string) => {
    const said = await waitFor(() => output().includes(text) || child.exitCode !== null, PATIENCE_S)
    if (!said || child.exitCode !== null) throw new Error(`npm start has not come up:\n${output()}`)
    return performance.now() - began
  }
  const stop = () => stopped(child)
  try {
    const readyMs = await says(UP)
    await says(AT_REST)
    return { pid: child.pid!, readyMs, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function outputOf(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return () => output
}

async function stopped(child: ChildProcess): Promise<number> {
  const began = performance.now()
  if (child.exitCode !== null || child.signalCode !== null) return 0
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  await ended
  return performance.now() - began
}
