import type { Running } from '../stage/process.ts'

/** A process that is started again whenever it ends. */
export interface Supervised {
  /** SIGKILL. Resolves when its successor works. */
  kill(): Promise<void>
  /** Ends it for good. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** @param start resolves when the process works */
export async function supervise(start: () => Promise<Running>): Promise<Supervised> {
  let current = await start()
  let wanted = true
  let succeeded: Promise<void>
  const watch = () => {
    succeeded = current.ended.then(async () => {
      if (!wanted) return
      current = await start()
      watch()
    })
    succeeded.catch(() => {}) // told to whoever kills or ends it
  }
  watch()
  return {
    async kill() {
      current.signal('SIGKILL')
      await succeeded
    },
    async end(signal) {
      wanted = false
      for (let awaited; awaited !== succeeded; await awaited) {
        awaited = succeeded
        current.signal(signal)
      }
    },
  }
}
