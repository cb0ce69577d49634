import { spawnSync } from 'node:child_process'
import { requireTestService } from '#testing'
import { compile } from '../../dev/processes/compiled.ts'

describe.each(['api', 'relay', 'scheduler', 'worker'])('%s', (name) => {
  const start = async (DATABASE_URL: string) => {
    const services = { DATABASE_URL, RABBITMQ_URL: 'amqp://127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1' }
    const env = { ...process.env, ...services, PORT: '0', METRICS_PORT: '0' }
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
