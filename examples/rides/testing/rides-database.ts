import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { subscribe } from '#messaging'
import { requireTestService, testDatabase, type TestDatabase } from '#testing'
import { migrationsWith } from '../../../prisma/core-migrations.ts'
import { startGateway } from '../../../sandbox/payment-gateway/server.ts'
import { closePositions, positions } from '../domains/city/open-positions.ts'
import type { Positions } from '../domains/city/positions.ts'
import { registerDrivers } from '../domains/matching/dispatch-store.ts'
import { REACTIONS } from './reactions.ts'
import { SOHO } from './trips.ts'

const MIGRATIONS = path.resolve(__dirname, '../migrations')

/** An empty database of rides, with the tables of the core and none of the shop. */
export const ridesDatabase = (): Promise<TestDatabase> => testDatabase(migrationsWith(MIGRATIONS))

export interface RidesTest extends TestDatabase {
  positions: Positions
  /** They are known, and wait in Soho. */
  addDrivers(...ids: string[]): Promise<void>
}

/** What reactions of rides stand on: a database, positions in Redis under names of their own, and the sandbox's gateway. */
export async function ridesTest(): Promise<RidesTest> {
  const database = await ridesDatabase()
  await subscribe(database.db, REACTIONS) // what an ordered reaction has not handled yet is read from its subscriptions
  const gateway = await startGateway({ port: 0 })
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    MESSAGING_NAMESPACE: `rides-${randomBytes(4).toString('hex')}`,
    PAYMENT_GATEWAY_URL: gateway.url,
  })
  return {
    ...database,
    positions: positions(),
    async addDrivers(...ids) {
      await registerDrivers(database.db, ids)
      await positions().put(ids.map((id) => ({ id, ...SOHO, free: true })))
    },
    async close() {
      closePositions()
      await gateway.close()
      await database.close()
    },
  }
}
