import { userInfo } from 'node:os'
import { z } from 'zod'
import type { DeadLetterContext, Selector } from '#messaging'
import { readRows, row, type Database } from '#platform/database'
import { withDatabase } from '../connect.ts'
import { unknownReaction } from '../reactions.ts'

/** Runs something on the database in the name of an operator, for a reaction that is known. */
export function asOperator<T>(
  as: string,
  reaction: string,
  work: (context: DeadLetterContext) => Promise<T>,
): Promise<T> {
  return withDatabase(async (db) => {
    await expectReaction(db, reaction)
    return work({ db, operator: as || userInfo().username })
  })
}

const Known = row({ reaction: z.string() })

/** The reaction that is meant. @throws Refused naming those there are */
export async function expectReaction(db: Database, name: string): Promise<void> {
  const rows = await readRows(db, Known)`
    SELECT reaction FROM subscriptions UNION SELECT reaction FROM deliveries WHERE reaction = ${name} ORDER BY reaction`
  const known = rows.map(({ reaction }) => reaction)
  if (known.includes(name)) return
  throw unknownReaction(name, known)
}

/** Why a selector found nothing, in one sentence. */
export async function whyNothing(db: Database, reaction: string, { ids }: Selector): Promise<string> {
  if (!ids)
    return `Nothing was changed: ${reaction} has no delivery that this command is for (see dead-letters waiting and list).`
  const where = { reaction, OR: [{ id: { in: [...ids] } }, { eventId: { in: [...ids] } }] }
  const rows = await db.delivery.findMany({ where, select: { id: true, eventId: true, state: true } })
  const told = ids.map((id) => {
    const row = rows.find((one) => one.id === id || one.eventId === id)
    return `${id} is ${row ? row.state : `no delivery of ${reaction}`}`
  })
  return `Nothing was changed: ${told.join(', ')}.`
}
