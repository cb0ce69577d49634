import type { OpenDatabase } from '#platform/database'
import { leastId } from '../../messaging/event-store/partitions/partitions.ts'

/** Ends the partition that a new database begins with: later ids belong to partitions that are made afterwards. */
export async function endFirstPartition({ db }: OpenDatabase, end: Date): Promise<void> {
  await db.$transaction(async (tx) => {
    for (const table of ['events', 'handled_events']) {
      await tx.$executeRawUnsafe(`ALTER TABLE ${table} DETACH PARTITION ${table}_first`)
      await tx.$executeRawUnsafe(
        `ALTER TABLE ${table} ATTACH PARTITION ${table}_first FOR VALUES FROM (MINVALUE) TO ('${leastId(end)}')`,
      )
    }
  })
}
