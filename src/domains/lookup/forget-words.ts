import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { HIDDEN } from './words.ts'

const SEARCH = 'projection_lookup_order_search'
/** The last one is left where a rebuild was killed. */
const SCHEMAS = [SEARCH, `${SEARCH}_shadow`, `${SEARCH}_old`]
const SchemaRow = row({ name: z.string() })

/** Takes out of the search, and of those that are being rebuilt or replaced, what was made of the names and addresses of these orders' customers. */
export async function forgetWords(tx: Transaction, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return
  const built = await readRows(tx, SchemaRow)`
    SELECT schemaname AS name FROM pg_tables WHERE tablename = 'documents' AND schemaname = ANY(${SCHEMAS}::text[])`
  for (const { name } of built)
    await tx.$executeRaw`
      UPDATE ${Prisma.raw(name)}.documents SET sealed = NULL, words = array_to_tsvector(ARRAY(
        SELECT word FROM unnest(tsvector_to_array(words)) AS word WHERE word NOT LIKE ${`${HIDDEN}%`}))
      WHERE order_id = ANY(${[...orderIds]}::uuid[])`
}
