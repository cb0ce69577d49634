import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline, freePort, requireTestService, testDatabase, type TestDatabase } from '#testing'
import { InstanceSet } from '../services/index.ts'
import { users } from '../services/leases.ts'
import { Steps } from './steps.ts'
import { System } from './system.ts'

const environment = process.env
const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
let database: TestDatabase
let set: InstanceSet

beforeAll(async () => {
  database = await testDatabase()
  set = InstanceSet.open('trial', folder)
  process.env = {
    ...environment,
    NODE_ENV: 'production', // no seed
    DATABASE_URL: database.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    SMTP_URL: 'smtp://127.0.0.1:1',
    PAYMENT_GATEWAY_URL: 'http://127.0.0.1:1',
  }
})
afterAll(async () => {
  process.env = environment
  rmSync(folder, { recursive: true })
  await database.close()
})

it.each([
  ['at once', () => Promise.resolve()],
  ['while the services start', () => deadline('a lease', () => users(set).length > 0, { every: 1 })],
])('starts nothing more when it is stopped %s', async (_, moment: () => Promise<unknown>) => {
  const system = new System(set, await freePort())
  const steps = new Steps()
  const stopped = moment().then(() => system.stop())
  await expect(system.start([], steps)).rejects.toThrow(/stopped before it was up/)
  await stopped
  steps.end()
  expect(users(set)).toEqual([])
  expect(processes()).toEqual([])
})

function processes(): string[] {
  try {
    return readdirSync(path.join(folder, 'processes'))
  } catch {
    return []
  }
}
