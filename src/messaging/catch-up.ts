import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Broker } from './broker/broker.ts'
import { topologyOf, type Names } from './broker/topology.ts'
import { requestRecovery } from './deliveries/recovery-requests.ts'
import { relayCheckpoint } from './event-store/checkpoint.ts'
import { replay } from './reconcile/replay.ts'

interface CatchUpOptions {
  db: Database
  broker: Broker
  names: Names
  instance: string
  log: Logger
}

interface Joined {
  name: string
  on: readonly { type: string }[]
  from: 'beginning' | 'now'
}

/**
 * Brings new subscriptions what was published after they were made and before their queues were bound: binds these, and then
 * has the relay deliver from PostgreSQL whatever they have not handled yet. Waits for the broker.
 *
 * Those from the beginning get all of history, page by page while they handle it, in the background. Their subscription counts
 * from there already: what is left when this process ends is brought by reconciliation.
 */
export async function catchUp(options: CatchUpOptions, joined: readonly Joined[]): Promise<void> {
  const { db, broker, names } = options
  if (joined.length === 0) return
  for (const { name, on } of joined)
    await broker.declare(topologyOf(names, { name, eventTypes: on.map(({ type }) => type) }))
  if ((await relayCheckpoint(db)) === 0n) return // nothing was published yet
  const [old, young] = [joined.filter(({ from }) => from === 'beginning'), joined.filter(({ from }) => from === 'now')]
  await requestRecovery(
    db,
    young.map(({ name }) => name),
  )
  for (const { name } of old) void bringHistory(name, options)
}

async function bringHistory(reaction: string, { db, instance, log }: CatchUpOptions): Promise<void> {
  try {
    log.info({ reaction }, 'history is brought to a new reaction')
    const events = await replay({ db, reaction, instance })
    log.info({ reaction, events }, 'history was brought to a new reaction')
  } catch (error) {
    log.warn({ reaction, reason: (error as Error).message }, 'the history of a new reaction is left to reconciliation')
  }
}
