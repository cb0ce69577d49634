import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
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
    SMS_URL: 'http://127.0.0.1:1',
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

it('starts none of its processes when a service has failed, and says why', async () => {
  delete process.env['RABBITMQ_URL']
  process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1'
  process.env['RABBITMQ_BIN'] = brokerThat("echo 'no memory'; exit 7")
  const held = await holdBack('_prisma_migrations') // it is ready only after the failure
  const system = new System(set, await freePort())
  const steps = new Steps()
  await expect(system.start([], steps)).rejects.toThrow(
    /^RabbitMQ did not start: .*rabbitmq-server at port \d+ .* ended by itself with code 7\.\n.*rabbitmq\.log:\n {2}no memory\n.*set RABBITMQ_URL/s,
  )
  await held.end()
  await system.stop()
  steps.end()
  expect(processes()).toEqual([])
  expect(users(set)).toEqual([])
})

function brokerThat(does: string): string {
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(path.join(bin, 'rabbitmq-server'), `#!/bin/sh\n${does}\n`, { mode: 0o755 })
  return bin
}

/** Nobody reads the table until the connection is ended. */
async function holdBack(table: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  return client
}

function processes(): string[] {
  try {
    return readdirSync(path.join(folder, 'processes'))
  } catch {
    return []
  }
}
