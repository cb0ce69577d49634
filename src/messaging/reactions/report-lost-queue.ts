import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { requestRecovery } from '../deliveries/recovery-requests.ts'

/**
 * RabbitMQ has ended a reaction's subscription. When its queue was deleted, or was and stands again empty, its messages are
 * gone: requests their recovery. A queue that still holds messages has only moved, and is left alone.
 */
export async function reportLostQueue(
  { db, broker, names, log }: { db: Database; broker: Broker; names: Names; log: Logger },
  reaction: string,
): Promise<void> {
  try {
    const waiting = await broker.depth(names.queue(reaction))
    if (!waiting) await requestRecovery(db, [reaction])
  } catch (error) {
    // Reconciliation finds out by itself, only later.
    log.warn({ reaction, reason: (error as Error).message }, 'a lost queue could not be reported')
  }
}
