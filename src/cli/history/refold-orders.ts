import { deviations, refold, type Deviation } from '#domains/order'
import type { Database } from '#platform/database'
import { confirm, counted, EXIT, say, sayJson } from '../terminal/output.ts'

interface Flags {
  dryRun?: boolean
  yes?: boolean
  json?: boolean
}

/** Shows the orders whose rows are not what their streams tell, asks, and writes these rows anew. @returns the exit code */
export async function refoldOrders(db: Database, flags: Flags): Promise<number> {
  const found = await allDeviations(db)
  if (!flags.json) for (const { orderId, why } of found) say(`${orderId}: ${why}`)
  if (found.length === 0 || flags.dryRun) return tell(found, found, flags)
  await confirm(`Write ${counted(found.length, 'order')} anew, as the events of their streams tell?`, flags)
  for (const { orderId } of found) await refold(db, orderId)
  return tell(found, await allDeviations(db), flags)
}

async function allDeviations(db: Database): Promise<Deviation[]> {
  const found: Deviation[] = []
  for await (const { orderId, why } of deviations(db)) found.push({ orderId, why })
  return found
}

function tell(found: readonly Deviation[], left: readonly Deviation[], { json, dryRun }: Flags): number {
  if (json) sayJson({ found, left })
  else if (found.length === 0) say('Every order is what its stream tells.')
  else if (!dryRun) {
    say(`${counted(found.length - left.length, 'order')} written anew.`)
    for (const { orderId, why } of left) say(`Left, to be looked at by hand: ${orderId}: ${why}`)
  }
  return left.length === 0 || dryRun ? EXIT.ok : EXIT.failed
}
