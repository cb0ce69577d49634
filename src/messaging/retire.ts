import type { Database } from '#platform/database'
import type { Broker } from './broker/broker.ts'
import type { Names } from './broker/topology.ts'
import { retire as forget } from './deliveries/subscriptions.ts'

/**
 * Ends a reaction's subscriptions, all or that to one type: nothing is owed to it any more, and its queue gets no more such events.
 * What it retries is given up; its dead letters stay. Explicit, because a process of an older or newer release must
 * not decide it by starting.
 * @returns the types that it was subscribed to
 */
export async function retire(
  { db, broker, names }: { db: Database; broker: Broker; names: Names },
  reaction: string,
  eventType?: string,
): Promise<string[]> {
  const retired = await forget(db, reaction, eventType)
  const queue = names.queue(reaction)
  await broker.unbind(retired.map((type) => ({ queue, exchange: names.exchange(type) })))
  return retired
}
