/** The transaction ids that PostgreSQL's snapshot of one statement gave: below `xmin` all have ended, from `xmax` on none had begun. */
export interface Snapshot {
  xmin: bigint
  xmax: bigint
}

export interface Positioned {
  position: bigint
}

interface Watch {
  /** The highest position that was visible when the gap was first seen; every absent one below was drawn by then. */
  upTo: bigint
  /** No transaction that had drawn a position by then has an id from here on. */
  mark: bigint
  /** Transactions that were appending when they were first asked for, and have not ended since. */
  appenders?: ReadonlySet<string>
}

export interface Reading<Row> {
  /** What may be published now, in order of position. */
  rows: readonly Row[]
  /** Everything up to here is published once `rows` are: the checkpoint to write. */
  position: bigint
  /** True when reading stopped at a gap: look again soon. */
  waiting: boolean
}

/**
 * Decides how far a read of the event store may go. A position that is absent below a visible one belongs to a
 * transaction that has not committed yet, or was rolled back. A late row is never skipped: reading stops at the gap until
 * it closes, or until every transaction that could fill it has ended and a snapshot taken after that still lacks the row.
 *
 * Which transactions could fill it: a transaction has its id before it draws a position, so those with an id below `xmax`
 * of the moment when the gap was first seen. That costs nothing to ask (it comes with each read) but also waits for
 * transactions that never touched the event store; so when a gap lasts, `noteAppenders` narrows it down to those that
 * hold a lock on the events table.
 *
 * Order of position is causal within a stream, which the order of transaction ids is not.
 */
export function createGapReader() {
  let watch: Watch | undefined

  return {
    /** `rows` are the first visible ones after `checkpoint`, ascending, read in the statement that gave the snapshot. */
    next<Row extends Positioned>(checkpoint: bigint, rows: readonly Row[], snapshot: Snapshot): Reading<Row> {
      let reached = checkpoint
      for (const [index, { position }] of rows.entries()) {
        if (position !== reached + 1n && !isRolledBack(position - 1n, snapshot)) {
          watch = watch && watch.upTo >= position ? watch : { upTo: rows.at(-1)!.position, mark: snapshot.xmax }
          return { rows: rows.slice(0, index), position: reached, waiting: true }
        }
        reached = position
      }
      return { rows, position: reached, waiting: false }
    },
    /** Transactions that hold a lock for writing events at this moment, asked after a read that ended in `waiting`. */
    noteAppenders(running: ReadonlySet<string>) {
      if (!watch) return
      const before = watch.appenders
      watch.appenders = before ? new Set([...before].filter((id) => running.has(id))) : running
    },
  }

  function isRolledBack(lastOfGap: bigint, { xmin }: Snapshot): boolean {
    if (!watch || lastOfGap > watch.upTo) return false
    return xmin >= watch.mark || watch.appenders?.size === 0
  }
}
