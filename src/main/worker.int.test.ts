import { spawn, spawnSync } from 'node:child_process'
import { uuidv7 } from '#platform/uuid'
import {
  anOrderPlaced,
  deadline,
  freePort,
  placeOf,
  record,
  releases,
  requireTestService,
  tcpProxy,
  testDatabase,
} from '#testing'
import { compile, type Program } from '../../dev/processes/compiled.ts'

const later = releases()
let program: Program
beforeAll(async () => (program = await compile()))
/** Where nobody listens. */
const NOWHERE = { host: '127.0.0.1', port: 1 }
/** A busy machine starts a process slowly. */
const STARTING = { within: 60_000 }

async function openDatabase() {
  const database = await testDatabase()
  later(database.close)
  return database
}

/** It is ended with the test, if it has not ended by then. */
function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, program('src/main/worker.ts', ...args), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise((resolve) => child.once('exit', resolve))
  later(() => child.kill('SIGKILL') && exited)
  return { child, exited, output: () => output }
}

/** The process itself; nothing here gets as far as a service. */
function worker(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, program('src/main/worker.ts', ...args), {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('lists the reactions of a folder', () => {
  expect(worker('--list', 'fraud')).toEqual({
    status: 0,
    stdout: 'fraud.screen-order\n  on     order.placed\n  queue  fraud.screen-order\n',
    stderr: '',
  })
})

it('says in one sentence that there is no such reaction, or no such option', () => {
  expect(worker('--list', 'nope').stderr).toMatch(
    /^No reaction, projection or folder is called nope\. There are: [^\n]+\n$/,
  )
  expect(worker('inventory', '--scale=3')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^Unknown option '--scale'[^\n]*\n$/),
  })
})

it('says in one sentence that a setting of its reactions is wrong, before it connects to anything', () => {
  const services = { DATABASE_URL: 'postgres://127.0.0.1:1/x', RABBITMQ_URL: 'amqp://127.0.0.1:1' }
  const env = { ...process.env, ...services, REDIS_URL: 'redis://127.0.0.1:1', SMTP_URL: 'mail.example' }
  const run = (folder: string) =>
    spawnSync(process.execPath, program('src/main/worker.ts', folder), { encoding: 'utf8', env })
  expect(run('notification')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^SMTP_URL must be a URL such as smtp:\/\/host:1025\. [^\n]+\n$/),
  })
})

it('is alive while it waits for RabbitMQ, and says what it waits for', async () => {
  const database = await openDatabase()
  const rabbitmq = requireTestService('TEST_RABBITMQ_URL')
  const broker = await tcpProxy(NOWHERE)
  later(broker.close)
  const metricsPort = await freePort()
  const services = {
    DATABASE_URL: database.url,
    RABBITMQ_URL: broker.through(rabbitmq),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    METRICS_PORT: String(metricsPort),
    MESSAGING_NAMESPACE: `test-waits-${broker.port}`,
  }
  const { child, exited } = start(['fraud'], services)
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}${path}`).catch(() => undefined)
    return answer && `${answer.status} ${await answer.text()}`
  }
  const says = (words: string) => deadline(words, async () => (await ask('/readyz')) === words, STARTING)
  await says('503 waits for RabbitMQ')
  expect(await ask('/healthz')).toBe('200 ok')
  broker.leadTo(placeOf(rabbitmq))
  await says('200 ok')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})

it('waits for a PostgreSQL that is not there yet', async () => {
  const database = await openDatabase()
  const proxy = await tcpProxy(NOWHERE)
  later(proxy.close)
  const { port } = proxy
  const services = {
    DATABASE_URL: proxy.through(database.url),
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    MESSAGING_NAMESPACE: `test-waits-${port}`,
  }
  const { child, exited, output } = start(['fraud'], services)
  const says = (words: string) => deadline(words, () => output().includes(words), STARTING)
  await says(`PostgreSQL is away: waiting 60 s for it at 127.0.0.1:${port}`)
  proxy.leadTo(placeOf(database.url))
  await says('reacting')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})

it('finishes what is under way when it is stopped, also while RabbitMQ is away', async () => {
  const database = await openDatabase()
  const { db, pool } = database
  const [event] = await record(database, anOrderPlaced())
  const row = { eventId: event!.id, eventType: event!.type, state: 'retrying', dueAt: new Date(0), reason: 'lost' }
  await db.delivery.create({ data: { ...row, id: uuidv7(), reaction: 'fraud.screen-order' } })
  const locking = await pool.connect()
  let isReleased = false
  later(() => isReleased || locking.release(true))
  await locking.query('BEGIN; LOCK TABLE handled_events IN SHARE MODE') // so that the batch under way does not end
  const services = {
    DATABASE_URL: database.url,
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
  }
  const { child, exited, output } = start(['fraud'], services)
  const waiting = `SELECT FROM pg_locks WHERE relation = 'handled_events'::regclass AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  await deadline('under way', async () => (await pool.query(waiting)).rowCount, STARTING)
  child.kill('SIGTERM')
  await deadline('stopping', () => output().includes('"stopping"'))
  await locking.query('COMMIT')
  locking.release()
  isReleased = true
  expect(await exited).toBe(0)
  expect(await db.handledEvent.count()).toBe(1)
  expect(await db.delivery.count()).toBe(0)
})
