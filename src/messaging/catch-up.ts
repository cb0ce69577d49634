import type { Database } from '#platform/database'
import type { Broker } from './broker/broker.ts'
import { topologyOf, type Names } from './broker/topology.ts'
import { requestRecovery } from './deliveries/recovery-requests.ts'
import { relayCheckpoint } from './event-store/checkpoint.ts'

/**
 * Brings new subscriptions what was published after they were made and before their queues were bound: binds these, and then
 * has the relay deliver from PostgreSQL whatever they have not handled yet. Waits for the broker.
 */
export async function catchUp(
  { db, broker, names }: { db: Database; broker: Broker; names: Names },
  joined: readonly { name: string; on: readonly { type: string }[] }[],
): Promise<void> {
  if (joined.length === 0) return
  for (const { name, on } of joined)
    await broker.declare(topologyOf(names, { name, eventTypes: on.map(({ type }) => type) }))
  if ((await relayCheckpoint(db)) === 0n) return // nothing was published yet
  const reactions = joined.map(({ name }) => name)
  await requestRecovery(db, reactions)
}
