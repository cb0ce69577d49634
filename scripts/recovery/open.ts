import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { createNames, createRabbitMq, type Broker, type Names } from '#messaging'
import { openDatabase, type Database } from '#platform/database'
import { createLogger } from '#platform/logger'
import { findServices } from '../dead-letters/open.ts'
import { SetupError } from '../services/index.ts'

export interface Messaging {
  db: Database
  broker: Broker
  names: Names
  ladder: readonly number[]
  instance: string
}

const PATIENCE_MS = 10_000

/** Runs something on database and broker, and closes both. @throws SetupError when the broker does not answer */
export async function withMessaging<T>(command: string, work: (messaging: Messaging) => Promise<T>): Promise<T> {
  const { config, release } = await findServices()
  const instance = `${command}@${hostname()}:${process.pid}`
  const { db, close } = openDatabase(config.DATABASE_URL, { poolSize: 4, applicationName: `fanfare ${command}` })
  const log = createLogger(command, 'silent')
  const broker = createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare ${instance}`, log })
  try {
    await expectAnswer(broker)
    const names = createNames(config.MESSAGING_NAMESPACE)
    return await work({ db, broker, names, ladder: config.RETRY_DELAYS, instance })
  } finally {
    await broker.close()
    await close()
    await release()
  }
}

async function expectAnswer(broker: Broker): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (broker.publishingPaused) {
    if (performance.now() > end)
      throw new SetupError('RabbitMQ does not take messages: is it running? RABBITMQ_URL says where.')
    await wait(50)
  }
}
