import { setTimeout as wait } from 'node:timers/promises'
import { asAction, Refused, underArchiveLease } from '#messaging'
import type { Database } from '#platform/database'
import { deleteBatch } from './delete-batch.ts'
import { BEFORE_ALL, nextDue } from './due.ts'
import { tablesOfOrders } from './tables.ts'

export interface DeletionOptions {
  db: Database
  /** Names this process while it deletes. */
  instance: string
  /** Who wants it, for the record. */
  operator: string
  reason: string
  /** Only orders to which nothing has happened since. */
  before: Date
  /** Called with how many orders are gone by now. */
  onProgress?: (deleted: number) => void
  /** Ends it after the present batch. */
  signal?: AbortSignal
}

/** Orders that one transaction deletes. */
const BATCH = 200

/** By then mails, keys of requests and webhooks of an order are forgotten, each by its own clock. */
const LEAST_AGE_DAYS = 90
const DAY_MS = 86_400_000

/**
 * Deletes all that is left in the database of old orders: of those at their end, whose money is settled and whose events lie in archives. What they
 * have added to stock, points and money is carried forward, and a note of each stays, so that nothing that is restored brings it back.
 * Batch by batch, at half of the time: killed anywhere and called again, it goes on with what is left.
 * @returns how many orders; 'halted' when the signal has ended it
 * @throws ArchiveRefused while another process archives, restores or deletes
 * @throws Refused while an archive is on its way out or back
 */
export function deleteOrders(options: DeletionOptions) {
  const { db, operator, before, reason } = options
  return underArchiveLease(options, async (lease) => {
    await expectWholeArchives(db)
    const action = {
      action: 'delete-orders',
      reaction: '',
      selector: { before: before.toISOString() },
      reason,
    } as const
    return asAction({ db, operator }, action, ({ actionId }) => inBatches(options, actionId, () => lease.confirm()))
  })
}

async function inBatches(
  { db, before, onProgress, signal }: DeletionOptions,
  actionId: string,
  confirm: () => Promise<void>,
) {
  const tables = await tablesOfOrders(db)
  let deleted = 0
  for (let after = BEFORE_ALL; !signal?.aborted;) {
    const began = performance.now()
    await confirm()
    const ids = await nextDue(db, before, after, BATCH)
    if (ids.length === 0) return { outcome: 'done' as const, deleted }
    deleted += await deleteBatch(db, { ids, before, tables, actionId })
    after = ids.at(-1)!
    onProgress?.(deleted)
    await wait(performance.now() - began, undefined, { signal }).catch(() => {})
  }
  return { outcome: 'halted' as const, deleted }
}

/** @throws Refused for a date that is too close */
export function expectOld(before: Date): void {
  const latest = new Date(Date.now() - LEAST_AGE_DAYS * DAY_MS)
  if (before <= latest) return
  throw new Refused(
    `Orders are deleted when nothing has happened to them for ${LEAST_AGE_DAYS} days: before ${day(latest)} at the latest.`,
  )
}

const day = (moment: Date) => moment.toISOString().slice(0, 10)

async function expectWholeArchives(db: Database) {
  const begun = await db.archive.findFirst({ where: { state: { not: 'archived' } } })
  if (begun)
    throw new Refused(
      `The archive ${begun.name} (${begun.place}) is ${begun.state}: bring it to its end first, with the command that has begun it.`,
    )
}
