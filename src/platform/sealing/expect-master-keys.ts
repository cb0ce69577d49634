import { z } from 'zod'
import { StartupError } from '../config.ts'
import { readRows, row, type Database } from '../database.ts'
import { SealBroken } from './cipher.ts'
import { blindIndex, newPersonKey, unwrap, wrap } from './master-key.ts'

/** Nobody: its row tells which master keys this database was begun with. */
const NOBODY = '00000000-0000-0000-0000-000000000001'

const KeyRow = row({ person: z.string(), subject: z.string(), wrapped: z.string() })

/**
 * Checks the master keys by what they have made in this database; the first process to come notes which they are.
 * @throws StartupError when they open nothing here, or would find nobody: every customer would be taken for somebody new
 */
export async function expectMasterKeys(db: Database): Promise<void> {
  const subject = blindIndex('nobody', '')
  const rows = await readRows(db, KeyRow)`
    (SELECT person, subject, wrapped FROM personal_keys WHERE person = ${NOBODY}::uuid)
    UNION ALL
    (SELECT person, subject, wrapped FROM personal_keys WHERE person > ${NOBODY}::uuid ORDER BY person LIMIT 1)
    UNION ALL
    (SELECT person, subject, wrapped FROM personal_keys WHERE person > ${NOBODY}::uuid ORDER BY person DESC LIMIT 1)`
  for (const { person, wrapped } of rows) expectOpens(person, wrapped)
  const nobody = rows.find(({ person }) => person === NOBODY)
  if (nobody && nobody.subject !== subject)
    throw new StartupError(
      'The last of PERSONAL_DATA_KEYS is not the one by which customers of this database are found: a new key stands in front, ' +
        'and the oldest one stays the last.',
    )
  if (!nobody)
    await db.$executeRaw`
      INSERT INTO personal_keys (person, subject, wrapped, created_at)
      VALUES (${NOBODY}::uuid, ${subject}, ${wrap(newPersonKey(NOBODY))}, now()) ON CONFLICT DO NOTHING`
}

function expectOpens(person: string, wrapped: string) {
  try {
    unwrap(person, wrapped)
  } catch (cause) {
    if (!(cause instanceof SealBroken)) throw cause
    throw new StartupError(`The customers of this database cannot be read: ${cause.message}`, { cause })
  }
}
