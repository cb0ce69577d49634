import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import pg from 'pg'
import { inAnyDatabase, isAnswering } from '../answering.ts'
import { SERVICE_NAMES } from '../contract.ts'
import { InstanceSet } from '../instance-set.ts'
import { PRIVATE, startService, stopService, wipeService } from './index.ts'

jest.setTimeout(120_000)

const haveBinaries = SERVICE_NAMES.every((name) => PRIVATE[name].isInstalled())
const withBinaries = haveBinaries ? describe : describe.skip

withBinaries('private instances', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  chmodSync(folder, 0o755)
  const set = InstanceSet.open('trial', path.join(folder, 'trial'))

  beforeAll(() => Promise.all(SERVICE_NAMES.map((name) => startService(name, set))))
  afterAll(async () => {
    await Promise.all(SERVICE_NAMES.map((name) => stopService(name, set)))
    for (const name of SERVICE_NAMES) await PRIVATE[name].wipe(set)
    rmSync(folder, { recursive: true })
  })

  const sql = async (statement: string) => {
    const client = new pg.Client({ connectionString: inAnyDatabase(PRIVATE.postgres.url(set)) })
    client.on('error', () => {})
    await client.connect()
    return client.query(statement).finally(() => client.end())
  }
  const withChannel = async <T>(work: (channel: Awaited<ReturnType<typeof openChannel>>['channel']) => Promise<T>) => {
    const { connection, channel } = await openChannel()
    return work(channel).finally(() => connection.close())
  }
  const openChannel = async () => {
    const connection = await connect(PRIVATE.rabbitmq.url(set))
    connection.on('error', () => {})
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {}) // whoever asks gets it too
    return { connection, channel }
  }
  const withRedis = async <T>(work: (client: Redis) => Promise<T>) => {
    const client = new Redis(PRIVATE.redis.url(set))
    return work(client).finally(() => client.quit())
  }

  it('starts a running one once', async () => {
    const url = PRIVATE.postgres.url(set)
    expect(await startService('postgres', set)).toBe(url)
  })

  it('refuses who does not know the password', async () => {
    for (const name of SERVICE_NAMES) {
      const stranger = PRIVATE[name].url(set).replace(set.state.secret, 'guessed')
      expect(await isAnswering(name, stranger)).toBe(false)
    }
  })

  it('brings PostgreSQL back from a crash with what was committed', async () => {
    await sql('CREATE TABLE kept AS SELECT 42 AS answer')
    await stopService('postgres', set, 'SIGKILL')
    expect(PRIVATE.postgres.isRunning(set)).toBe(false)
    await startService('postgres', set)
    expect((await sql('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }])
  })

  it('brings RabbitMQ back from a crash with its messages, and empty from a wipe', async () => {
    await withChannel((channel) => channel.assertQueue('kept', { durable: true }))
    // The queue itself is written to disk a moment after it is confirmed, unlike its messages.
    await stopService('rabbitmq', set)
    await startService('rabbitmq', set)
    await withChannel(async (channel) => {
      channel.sendToQueue('kept', Buffer.from('a'), { persistent: true })
      await channel.waitForConfirms()
    })
    const url = PRIVATE.rabbitmq.url(set)
    await stopService('rabbitmq', set, 'SIGKILL')
    expect(await startService('rabbitmq', set)).toBe(url)
    expect(await withChannel((channel) => channel.get('kept'))).toMatchObject({ content: Buffer.from('a') })
    await wipeService('rabbitmq', set)
    expect(await startService('rabbitmq', set)).toBe(url)
    await expect(withChannel((channel) => channel.checkQueue('kept'))).rejects.toThrow('NOT_FOUND')
  })

  it('brings Redis back from a clean stop with its data, and empty from a wipe', async () => {
    await withRedis((client) => client.set('kept', 'yes'))
    await stopService('redis', set)
    await startService('redis', set)
    expect(await withRedis((client) => client.get('kept'))).toBe('yes')
    await wipeService('redis', set)
    await startService('redis', set)
    expect(await withRedis((client) => client.get('kept'))).toBeNull()
  })

  const asRoot = process.getuid?.() === 0 ? it : it.skip
  asRoot('keeps the data of PostgreSQL elsewhere when its user cannot enter the project', async () => {
    const closed = mkdtempSync(path.join(tmpdir(), 'fanfare-closed-'))
    const other = InstanceSet.open('trial', closed)
    const said = jest.spyOn(console, 'log').mockImplementation()
    await startService('postgres', other)
    await stopService('postgres', other)
    expect(said.mock.lastCall?.[0]).toContain(other.state.postgresFolder)
    expect(existsSync(path.join(other.state.postgresFolder ?? '', 'data/PG_VERSION'))).toBe(true)
    await wipeService('postgres', other)
    expect(existsSync(other.state.postgresFolder ?? '')).toBe(false)
    rmSync(closed, { recursive: true })
  })

  const withMemory = existsSync('/dev/shm') && process.availableMemory() > 4 * 2 ** 30 ? it : it.skip
  withMemory('keeps the data of tests in memory, and gives it back when it stops', async () => {
    const tests = InstanceSet.open('test', path.join(folder, 'test'))
    for (const _time of ['the first time', 'again']) {
      await startService('postgres', tests)
      expect(tests.state.postgresFolder).toBe(`/dev/shm/fanfare-${tests.state.id}-test`)
      await stopService('postgres', tests)
      expect(existsSync(tests.state.postgresFolder ?? '')).toBe(false)
    }
  })
})

const BOOT_FAILURES = [
  'Feature flags: `stream_single_active_consumer`: required feature flag not enabled!', // 4.0 on data of 3.10
  '{error,{schema_integrity_check_failed,[{table_missing,rabbit_listener}]}}', // 3.10 on data of 4.0
]

it.each(BOOT_FAILURES)('says what to do about data that this RabbitMQ cannot read: %s', async (words) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  const program = path.join(folder, 'rabbitmq-server')
  writeFileSync(program, `#!/bin/sh\necho '${words}'\nexit 1\n`, { mode: 0o755 })
  const given = process.env['RABBITMQ_BIN']
  process.env['RABBITMQ_BIN'] = folder
  try {
    await expect(PRIVATE.rabbitmq.start(InstanceSet.open('old', path.join(folder, 'old')))).rejects.toThrow(
      /^RabbitMQ cannot read the data in .* npm run services -- reset rabbitmq --set old deletes them/s,
    )
  } finally {
    if (given === undefined) delete process.env['RABBITMQ_BIN']
    else process.env['RABBITMQ_BIN'] = given
    rmSync(folder, { recursive: true })
  }
})
