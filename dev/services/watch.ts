import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { launchedAs } from '../processes/daemon.ts'
import { howEnded } from '../processes/how-ended.ts'
import { withLock } from '../processes/lock.ts'
import type { ServiceName } from './contract.ts'
import type { InstanceSet } from './instance-set.ts'
import { PRIVATE } from './private/index.ts'

const LOOK_MS = 500
const AGAIN_MS = 1_000

export interface Watcher {
  /** @param end how it ended, in words, if this process had started it */
  onDown(name: ServiceName, end?: string): void
  onUp(name: ServiceName): void
  /** It did not start; it is tried again. Told once for each time it was down. */
  onFailure(name: ServiceName, error: Error): void
}

/** Starts private services again, at the same URL, whenever one of them ends. @returns the function that ends it */
export function watchServices(set: InstanceSet, names: readonly ServiceName[], watcher: Watcher): () => Promise<void> {
  const stopping = new AbortController()
  const watching = names.map((name) => watch(set, name, watcher, stopping.signal).catch(() => {})) // it was ended
  return async () => {
    stopping.abort()
    await Promise.all(watching)
  }
}

async function watch(set: InstanceSet, name: ServiceName, watcher: Watcher, signal: AbortSignal): Promise<void> {
  for (;;) {
    await wait(LOOK_MS, undefined, { signal })
    if (PRIVATE[name].isRunning(set)) continue
    const end = await launchedAs(path.join(set.folder, `${name}.pid`))?.end
    watcher.onDown(name, end && howEnded(end))
    await untilStarted(set, name, watcher, signal)
    watcher.onUp(name)
  }
}

async function untilStarted(set: InstanceSet, name: ServiceName, watcher: Watcher, signal: AbortSignal): Promise<void> {
  let told = false
  for (;;) {
    try {
      const start = () => PRIVATE[name].start(set.withFixedPorts(), signal)
      return await withLock(path.join(set.folder, 'services.lock'), start, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!told) watcher.onFailure(name, error as Error)
      told = true
      await wait(AGAIN_MS, undefined, { signal })
    }
  }
}
