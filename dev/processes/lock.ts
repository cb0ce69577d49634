import { linkSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { remember, runningPid } from './daemon.ts'
import { waitFor } from './wait-for.ts'

/**
 * Takes a lock that only one process of this machine can hold; a dead holder's is taken over.
 * @returns the function that gives it back, or undefined while another living process holds it
 */
export function tryLock(file: string): (() => void) | undefined {
  mkdirSync(path.dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}`
  remember(draft, process.pid)
  try {
    if (runningPid(file) === undefined) rmSync(file, { force: true })
    linkSync(draft, file) // fails when it exists: never half-written, never held twice
    return () => rmSync(file, { force: true })
  } catch {
    return undefined
  } finally {
    rmSync(draft, { force: true })
  }
}

const PATIENCE_S = 300

/** Does the work while holding the lock; waits for it first, up to 300 seconds. @throws the signal's reason while it waits */
export async function withLock<T>(file: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let unlock: (() => void) | undefined
  const taken = await waitFor(() => (unlock = tryLock(file)) !== undefined, PATIENCE_S, signal)
  if (!taken) throw new Error(`process ${runningPid(file)} has held ${file} for ${PATIENCE_S} s`)
  try {
    return await work()
  } finally {
    unlock?.()
  }
}
