import { randomBytes } from 'node:crypto'
import {
  createNames,
  createRabbitMq,
  createWakeUp,
  listenForWakeUps,
  runReaction,
  startRelay,
  subscribe,
  topologyOf,
  type Broker,
  type Names,
  type Reaction,
} from '#messaging'
import { createLogger } from '#platform/log/logger'
import { knownSubscriptions } from '../messaging/deliveries/subscriptions.ts'
import type { RunningReaction } from '../messaging/reactions/run-reaction.ts'
import { requireTestService, testDatabase, type TestDatabase } from './rows/database.ts'
import { deadline } from './deadline.ts'

export interface TestSystem extends TestDatabase {
  broker: Broker
  names: Names
  /** Starts one more replica of a reaction in this process. */
  run(reaction: Reaction): Promise<RunningReaction>
  /** Ends all replicas; what they had begun is finished. The relay goes on. */
  stopReactions(): Promise<void>
  /** Waits until no event is unpublished and every reaction has handled, or given up, every event it is on. */
  settled(within?: number): Promise<void>
}

interface TestSystemOptions {
  retryDelays?: number[]
  logLevel?: string
  /** Gets the lines of the log. @default standard output */
  logTo?: { write(line: string): void }
  rabbitmqUrl?: string
  openDatabase?: () => Promise<TestDatabase>
}

/**
 * A relay and reactions in this process, on a private database and under private broker names. Release with `close`.
 * @param rabbitmqUrl another way to the broker, such as through a proxy
 * @param openDatabase that of another domain
 * @param retryDelays milliseconds after failed attempts; short here, so that retries are quick
 */
export async function testSystem(
  reactions: readonly Reaction[],
  {
    retryDelays = [50, 200],
    logLevel = 'silent',
    logTo,
    rabbitmqUrl = requireTestService('TEST_RABBITMQ_URL'),
    openDatabase = () => testDatabase(),
  }: TestSystemOptions = {},
): Promise<TestSystem> {
  const database = await openDatabase()
  const log = createLogger('test', logLevel, logTo)
  const broker = createRabbitMq({ url: rabbitmqUrl, name: 'fanfare test', log })
  const names = createNames(`test-${randomBytes(4).toString('hex')}`)
  const wanted = reactions.filter(({ enabled }) => enabled())
  await subscribe(database.db, wanted)
  const shared = { ...database, broker, names, retryDelays, log, instance: 'test' }
  const relay = startRelay({ ...shared, pollMs: 100 }) // tests record events without waking it
  const wakeUps = listenForWakeUps(database.url, log, relay.wake)
  const wakeUp = createWakeUp(database.pool)
  const running: RunningReaction[] = []
  const run = async (reaction: Reaction) => {
    const started = await runReaction(reaction, { ...shared, wakeUp })
    running.push(started)
    return started
  }
  for (const reaction of wanted) await run(reaction)
  const stopReactions = async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()))
  }
  return {
    ...database,
    broker,
    names,
    run,
    stopReactions,
    settled: (within = 40_000) => deadline('settled', () => isSettled(database), { within }).then(() => {}),
    async close() {
      await stopReactions()
      await wakeUps.close()
      await relay.stop()
      await tearDown(database, broker, names)
      await broker.close()
      await database.close()
    },
  }
}

async function tearDown({ db }: TestDatabase, broker: Broker, names: Names) {
  for (const [name, eventTypes] of await knownSubscriptions(db))
    await broker.destroy(topologyOf(names, { name, eventTypes }))
  const marks = (await db.brokerMarker.findMany()).map(({ incarnation }) => names.mark(incarnation))
  await broker.destroy({ exchanges: marks, queues: [], bindings: [] })
}

async function isSettled({ db }: TestDatabase): Promise<boolean> {
  const [state] = await db.$queryRaw<{ open: bigint }[]>`
    SELECT count(*) + (SELECT count(*) FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)) AS open
    FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
    WHERE NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = s.reaction)
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction AND d.state <> 'retrying')`
  return state!.open === 0n
}
