import { directUrl } from '#platform/config'
import { openDatabase } from '#platform/database'
import type { ProcessContext } from '#platform/process/shutdown'
import type { Finding } from '../audit/index.ts'

/** On a connection of its own, which may take as long as reading every order takes. */
export async function auditAside({ config }: Pick<ProcessContext, 'config'>): Promise<Finding[]> {
  const { audit } = await import('../audit/index.ts')
  const { db, close } = openDatabase(directUrl(config), { poolSize: 2, applicationName: 'fanfare audit' })
  return audit(db).finally(close)
}
