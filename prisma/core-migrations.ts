import { readdirSync } from 'node:fs'
import path from 'node:path'

const FOLDER = path.join(import.meta.dirname, 'migrations')

/**
 * Those that make the tables of the core and of the API's host, and touch no table of a domain. A database of another domain has these and its own.
 * A new migration of the core belongs in here; `examples/rides/test/database.int.test.ts` says so when it is missing.
 */
const CORE = [
  '20261121000001_messaging',
  '20261121000002_parked',
  '20261121000102_access', // keys, for the API that hosts the routes of any domain
  '20261121000400_dead_letters',
  '20261121000500_reconcile',
  '20261121000800_words',
  '20261121000810_relay_failover',
  '20261121000900_one_record',
  '20261121000910_leases',
  '20261121001005_partitions',
  '20261121001020_archives',
  '20261121001030_smaller_index',
  '20261121001100_projections',
  '20261121001200_clients',
  '20261121001220_idempotency_keys',
  '20261121001300_personal_keys',
  '20261121001330_breakers',
  '20261121001400_metric_rollups',
  '20261122014000_delivery_trace',
  '20261122020200_standing_deliveries',
  '20261122021500_alerts',
  '20261122105000_reaction_pauses',
  '20261122106000_recoveries',
  '20261122112000_schedule_runs',
  '20261123500000_processes',
  '20261123501000_asked_runs',
  '20261124300100_dead_letters_of_an_outage',
]

/** A folder of Prisma: its name is that of the migration. */
export type MigrationFolder = string

/** The core's migrations and those of a domain, in the order of their names, as which they are applied. */
export function migrationsWith(ownFolder: string): MigrationFolder[] {
  const own = foldersIn(ownFolder)
  const core = foldersIn(FOLDER).filter((folder) => CORE.includes(path.basename(folder)))
  return [...core, ...own].toSorted((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1))
}

function foldersIn(parent: string): MigrationFolder[] {
  const entries = readdirSync(parent, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [path.join(parent, entry.name)] : []))
}
