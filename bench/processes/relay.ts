// The relay in a process of its own, for whatever subscriptions the database holds.
import { createNames, createRabbitMq, listenForWakeUps, startRelay, type Broker } from '#messaging'
import { readConfig } from '#platform/config'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { serveCommands } from '../stage/remote.ts'

const config = readConfig()
const log = createLogger('relay', config.LOG_LEVEL)
const releases: (() => Promise<unknown>)[] = []

function start() {
  const database = openDatabase(config.DATABASE_URL, { poolSize: config.DATABASE_POOL, planning: 'by-key' })
  const broker: Broker = createRabbitMq({ url: config.RABBITMQ_URL, name: 'fanfare bench relay', log })
  const names = createNames(config.MESSAGING_NAMESPACE)
  const relay = startRelay({ ...database, broker, names, log, instance: `relay@bench:${process.pid}` })
  const wakeUps = listenForWakeUps(config.DATABASE_URL, log, relay.wake)
  releases.push(database.close, broker.close, relay.stop, wakeUps.close)
}

serveCommands({ start }, async () => {
  for (const release of releases.toReversed()) await release()
})
