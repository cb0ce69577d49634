import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { deadline, placeOf, requireTestService, tcpProxy, testDatabase } from '#testing'
import { compile } from '../../dev/processes/compiled.ts'

const AWAY = { RABBITMQ_URL: 'amqp://127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1', PORT: '0', METRICS_PORT: '0' }

it('begun while PostgreSQL was away, the API ends when it finds customers there that its master key does not open', async () => {
  const database = await testDatabase()
  await database.db.$executeRaw`
    INSERT INTO personal_keys (person, subject, wrapped, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'another', 'another.key', now())`
  const wire = await tcpProxy({ host: '127.0.0.1', port: 1 })
  const env = { ...process.env, ...AWAY, LOG_LEVEL: 'info', DATABASE_URL: wire.through(database.url) }
  const program = await compile()
  const api = spawn(process.execPath, program('src/main/api.ts'), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const [said, ended] = [text(api.stderr), once(api, 'exit')]
    const log: string[] = []
    api.stdout.on('data', (chunk: Buffer) => log.push(chunk.toString()))
    await deadline('begins without it', () => log.join('').includes('beginning without it'))
    wire.leadTo(placeOf(database.url))
    expect(await ended).toEqual([1, null])
    expect(await said).toBe(
      'The customers of this database cannot be read: The master key another is needed, which PERSONAL_DATA_KEYS does not hold.\n',
    )
  } finally {
    api.kill('SIGKILL')
    await wire.close()
    await database.close()
  }
})

describe.each(['api', 'relay', 'scheduler', 'worker'])('%s', (name) => {
  const start = async (DATABASE_URL: string) => {
    const env = { ...process.env, ...AWAY, DATABASE_URL }
    const program = await compile()
    const { status, stderr } = spawnSync(process.execPath, program(`src/main/${name}.ts`), {
      env,
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
    return { status, stderr }
  }
  const server = () => new URL(requireTestService('TEST_DATABASE_URL'))

  it('says at once that the login is refused, or the database is not there', async () => {
    const { host } = server()
    const refused = Object.assign(server(), { password: 'wrong' })
    expect(await start(refused.href)).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        new RegExp(
          `^PostgreSQL at ${host} refuses the login: password [^\n]+\\. Set DATABASE_URL to what is right\\.\n$`,
        ),
      ),
    })
    const absent = Object.assign(server(), { pathname: '/absent' })
    expect(await start(absent.href)).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^PostgreSQL at \S+ does not know the database: database "absent" [^\n]+\n$/),
    })
  })
})
