import { z } from 'zod'
import { readRows, row, type Database } from '../database.ts'
import { isOutdated, unwrap, wrap } from './master-key.ts'

const WrappedRow = row({ person: z.string(), wrapped: z.string() })
const PAGE = 1_000
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * Wraps every key by the first of the master keys. Afterwards the others are needed for lookups alone, which the last one makes.
 * @returns how many were wrapped by another one
 */
export async function rewrapKeys(db: Database): Promise<number> {
  let [changed, after] = [0, BEFORE_ALL]
  for (;;) {
    const rows = await readRows(db, WrappedRow)`
      SELECT person, wrapped FROM personal_keys WHERE person > ${after}::uuid ORDER BY person LIMIT ${PAGE}`
    const outdated = rows.filter(({ wrapped }) => isOutdated(wrapped))
    const again = outdated.map(({ person, wrapped }) => ({ person, wrapped: wrap(unwrap(person, wrapped)) }))
    await db.$executeRaw`
      UPDATE personal_keys k SET wrapped = again.wrapped
      FROM jsonb_to_recordset(${JSON.stringify(again)}::jsonb) AS again(person uuid, wrapped text)
      WHERE k.person = again.person`
    changed += again.length
    if (rows.length < PAGE) return changed
    after = rows.at(-1)!.person
  }
}
