import type { Database } from '#platform/database'
import { dueWithin, type Reader } from '../../deliveries/due.ts'

/** Milliseconds between looks: how late it is noticed what other processes have made due. */
const LOOK_MS = 1_000
/** Reaches beyond the next look, so that what is due about then is told before. */
const HORIZON_MS = 1.5 * LOOK_MS

interface Watcher extends Reader {
  /** A delivery of the reaction will be due in so many milliseconds. */
  onDue: (inMs: number) => void
  /** The look has failed. */
  onFailure: (err: unknown) => void
}

const looks = new WeakMap<Database, ReturnType<typeof createLook>>()

/**
 * Tells a reaction when something of it will be due in PostgreSQL, whoever made it so, until the returned function is called. All
 * reactions of this process share one look a second: an idle one costs no statement of its own.
 */
export function watchDue(db: Database, watcher: Watcher): () => Promise<void> {
  const look = looks.get(db) ?? createLook(db)
  looks.set(db, look)
  return look.join(watcher)
}

function createLook(db: Database) {
  const watchers = new Set<Watcher>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  const look = async () => {
    const asking = [...watchers]
    try {
      const due = await dueWithin(db, asking, HORIZON_MS)
      for (const { reaction, onDue } of asking) if (due.has(reaction)) onDue(Math.max(0, due.get(reaction)!))
    } catch (err) {
      for (const { onFailure } of asking) onFailure(err)
    }
  }
  return {
    join(watcher: Watcher) {
      watchers.add(watcher)
      timer ??= setInterval(() => {
        looking ??= look().finally(() => (looking = undefined))
      }, LOOK_MS)
      return async () => {
        watchers.delete(watcher)
        if (watchers.size > 0) return
        clearInterval(timer)
        timer = undefined
        await looking
      }
    },
  }
}
