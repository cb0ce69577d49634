export interface Positioned {
  position: bigint
  /** First position of an unbroken run that ends at `position`. @default position, a run of one */
  from?: bigint
}

/** A transaction that is writing events: it holds a lock for that on their table. */
export interface Appender {
  /** Its virtual transaction id. A prepared one (two-phase commit) may get another: on old servers, and by a restart. */
  id: string
  /** Its server process; null when it is prepared and has none. */
  pid: number | null
}

interface Watch {
  /** The highest position that was visible when the gap was first seen; every absent one below was drawn by then. */
  upTo: bigint
  since: number
  /** Of the transactions that were appending when they were first asked for, those that may still be running. */
  appenders?: ReadonlySet<string>
}

export interface Reading<Row> {
  /** What may be published now, in order of position. */
  rows: readonly Row[]
  /** Everything up to here is published once `rows` are: the checkpoint to write. */
  position: bigint
  /** Reading stopped at a gap that was first seen so many milliseconds ago: look again soon. Undefined without a gap. */
  waitingMs: number | undefined
}

/**
 * Decides how far a read of the event store may go. A position that is absent below a visible one belongs to a
 * transaction that has not committed yet, or was rolled back. A late row is never skipped: reading stops at the gap until
 * it closes, or until it is proved that it cannot close any more.
 *
 * The proof rests on one lock. A transaction holds ROW EXCLUSIVE on the events table from before it draws a position
 * (PostgreSQL takes it before an INSERT begins to run) until after its commit is visible to every new snapshot, also
 * where the commit waits for a synchronous standby; a rollback to a savepoint releases it only together with the
 * positions drawn since. So:
 *
 * 1. A read sees a position and lacks one below it. The lower one was drawn first, so it was drawn before that read.
 * 2. Whoever holds the lock is asked after that read (`noteAppenders`). Whoever drew the lower position is among them,
 *    or has ended already.
 * 3. When all of them have ended, a read that begins after that sees the row, or nobody ever will.
 *
 * Transactions that began to append after step 2 do not matter, however many they are. Nothing is concluded from
 * transaction ids: the order in which they are given is not the order in which positions are drawn, and the upper end
 * of a snapshot says nothing about running transactions above it.
 *
 * A transaction that is prepared may go on under another id. So when one of those watched is not to be found any more, every
 * prepared one of that moment is watched in its place. One that is forgotten holds the relay up, as it must: it may commit.
 *
 * Order of position is causal within a stream, which the order of transaction ids is not.
 */
export function createGapReader(clock: () => number = () => performance.now()) {
  let watch: Watch | undefined

  return {
    /** `rows` are the first visible ones after `checkpoint`, ascending, of a read that began after the last `noteAppenders`. */
    next<Row extends Positioned>(checkpoint: bigint, rows: readonly Row[]): Reading<Row> {
      let reached = checkpoint
      for (const [index, { position, from = position }] of rows.entries()) {
        if (from !== reached + 1n && !isRolledBack(from - 1n)) {
          watch = watch && watch.upTo >= position ? watch : { upTo: rows.at(-1)!.position, since: clock() }
          return { rows: rows.slice(0, index), position: reached, waitingMs: clock() - watch.since }
        }
        reached = position
      }
      return { rows, position: reached, waitingMs: undefined }
    },
    /** Who holds a lock for writing events, asked after a read that ended in waiting. */
    noteAppenders(running: readonly Appender[]) {
      if (!watch) return
      const ids = new Set(running.map(({ id }) => id))
      if (!watch.appenders) return void (watch.appenders = ids)
      const left = [...watch.appenders].filter((id) => ids.has(id))
      const prepared = running.filter(({ pid }) => pid === null).map(({ id }) => id)
      watch.appenders = new Set(left.length < watch.appenders.size ? [...left, ...prepared] : left)
    },
  }

  function isRolledBack(lastOfGap: bigint): boolean {
    return watch !== undefined && lastOfGap <= watch.upTo && watch.appenders?.size === 0
  }
}
