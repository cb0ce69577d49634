import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { HIDDEN } from './words.ts'

const SCHEMAS = ['projection_lookup_order_search', 'projection_lookup_order_search_shadow']
const SchemaRow = row({ name: z.string() })

/** Takes out of the search, and of one that is being rebuilt, what was made of the names and addresses of these orders' customers. */
export async function forgetWords(db: Database, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return
  const built = await readRows(db, SchemaRow)`
    SELECT schemaname AS name FROM pg_tables WHERE tablename = 'documents' AND schemaname = ANY(${SCHEMAS}::text[])`
  for (const { name } of built)
    await db.$executeRaw`
      UPDATE ${Prisma.raw(name)}.documents SET sealed = NULL, words = array_to_tsvector(ARRAY(
        SELECT word FROM unnest(tsvector_to_array(words)) AS word WHERE word NOT LIKE ${`${HIDDEN}%`}))
      WHERE order_id = ANY(${[...orderIds]}::uuid[])`
}
