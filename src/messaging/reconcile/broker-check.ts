import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import type { Broker } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { requestRecovery } from '../deliveries/recovery-requests.ts'
import { knownSubscriptions } from '../deliveries/subscriptions.ts'
import { relayCheckpoint } from '../event-store/checkpoint.ts'

interface BrokerCheckOptions {
  db: Database
  broker: Broker
  names: Names
  log: Logger
}

/**
 * Recognizes the broker. An exchange stands on it, named after an id that PostgreSQL remembers; where that is missing, the
 * broker was wiped, replaced or never met. Then all queues are declared, everything unsettled is requested to be
 * delivered again, and the broker gets a new mark.
 *
 * @returns a function that checks once for each new connection. Call it from the loop that publishes and moves the
 * checkpoint, never beside it: what was published to the old broker is below the checkpoint then.
 */
export function createBrokerCheck(
  options: BrokerCheckOptions,
): (writeCheckpoint: () => Promise<unknown>) => Promise<void> {
  let connection = 0
  let checked = 0
  options.broker.onConnect(() => connection++)
  return async (writeCheckpoint) => {
    const current = connection
    if (checked === current) return
    await writeCheckpoint()
    await recognize(options)
    checked = current
  }
}

async function recognize({ db, broker, names, log }: BrokerCheckOptions) {
  const { namespace } = names
  const known = await db.brokerMarker.findUnique({ where: { namespace } })
  if (known && (await broker.hasExchange(names.mark(known.incarnation)))) return
  const reactions = await knownSubscriptions(db)
  for (const [name, eventTypes] of reactions) await broker.declare(topologyOf(names, { name, eventTypes }))
  const somethingPublished = (await relayCheckpoint(db)) > 0n // otherwise nothing can have been lost
  const incarnation = uuidv7()
  const met = { incarnation, metAt: new Date() }
  // PostgreSQL first: a crash before the mark stands on the broker only means that all of this happens again.
  await db.$transaction(async (tx) => {
    await tx.brokerMarker.upsert({ where: { namespace }, create: { namespace, ...met }, update: met })
    if (somethingPublished) await requestRecovery(tx, [...reactions.keys()])
  })
  await broker.declare({ exchanges: [names.mark(incarnation)], queues: [], bindings: [] })
  if (known) log.warn('this RabbitMQ is new or was wiped: delivering everything unsettled again')
}
