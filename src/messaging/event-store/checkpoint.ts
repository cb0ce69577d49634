import type { Database } from '#platform/database'

/** The relay's checkpoint: what lies above it may not have been published yet. */
export async function relayCheckpoint(db: Database): Promise<bigint> {
  const [row] = await db.$queryRaw<
    { position: bigint | null }[]
  >`SELECT max(position) AS position FROM relay_checkpoints`
  return row?.position ?? 0n
}
