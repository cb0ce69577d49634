import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { ServiceName } from './contract.ts'
import { end } from '../../src/messaging/broker/end.ts'

/** Throws unless the service accepts our credentials and does what we ask. */
const ASK: Record<ServiceName, (url: string) => Promise<void>> = {
  async postgres(url) {
    const client = new pg.Client({ connectionString: inAnyDatabase(url), connectionTimeoutMillis: 3_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('SELECT 1')
    } finally {
      await client.end().catch(() => {})
    }
  },
  async rabbitmq(url) {
    const connection = await connect(url, { timeout: 3_000 })
    connection.on('error', () => {})
    await end(connection)
  },
  async redis(url) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 3_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.ping() // answers an error while a big data set is loading
      await client.quit() // unlike disconnect, leaves no timer behind
    } finally {
      if (client.status !== 'end') client.disconnect()
    }
  },
}

/** Why the service does not answer; undefined when it does. */
export async function silenceOf(name: ServiceName, url: string): Promise<string | undefined> {
  return ASK[name](url).then(
    () => undefined,
    (error: Error & { code?: string }) => error.message || error.code || 'no reason given',
  )
}

export async function isAnswering(name: ServiceName, url: string): Promise<boolean> {
  return (await silenceOf(name, url)) === undefined
}

/** The database itself may not exist yet; PostgreSQL's own always does. */
export function inAnyDatabase(url: string): string {
  const there = new URL(url)
  there.pathname = '/postgres'
  return there.href
}
