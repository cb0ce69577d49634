import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireTestService } from '#testing'
import { SERVICES, type ServiceUrls } from './contract.ts'
import { InstanceSet } from './instance-set.ts'
import { users } from './leases.ts'
import { PRIVATE } from './private/index.ts'
import { provideServices } from './provide.ts'

const environment = process.env
let folder: string
let set: InstanceSet

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  set = InstanceSet.open('trial', folder)
  process.env = { ...environment }
})
afterEach(() => {
  process.env = environment
  rmSync(folder, { recursive: true })
})

const running = (): ServiceUrls => ({
  postgres: requireTestService('TEST_DATABASE_URL'),
  rabbitmq: requireTestService('TEST_RABBITMQ_URL'),
  redis: requireTestService('TEST_REDIS_URL'),
})
const say = () => {}

function give(urls: Partial<ServiceUrls>) {
  for (const [name, url] of Object.entries(urls)) process.env[SERVICES[name as keyof ServiceUrls].variable] = url
}

it('uses the URLs of the environment as they are', async () => {
  give(running())
  const { urls, origin, release } = await provideServices(set, say)
  expect(urls).toEqual(running())
  expect(new Set(Object.values(origin))).toEqual(new Set(['environment']))
  await release()
})

it('says which given URL does not answer, and leaves nothing behind', async () => {
  give({ ...running(), redis: 'redis://127.0.0.1:1' })
  await expect(provideServices(set, say)).rejects.toThrow(
    /^REDIS_URL is set, but Redis does not answer there .*: start it, or unset it\.$/,
  )
  expect(users(set)).toEqual([])
})

const withBinaries = PRIVATE.redis.isInstalled() ? it : it.skip
withBinaries('two that begin at once where nothing was ever started use the same', async () => {
  for (const { variable } of Object.values(SERVICES)) delete process.env[variable]
  process.env['DOCKER_HOST'] = 'unix:///nowhere'
  const beside = InstanceSet.open('trial', folder)
  const first = await provideServices(set, say, { names: ['redis'] })
  const second = await provideServices(beside, say, { names: ['redis'] }).finally(first.release)
  expect(second.urls).toEqual(first.urls)
  await second.release()
  expect(PRIVATE.redis.isRunning(set)).toBe(false)
})

describe('with a Docker engine', () => {
  const calls = () => readFileSync(path.join(folder, 'calls'), 'utf8')

  function installDocker(script: string) {
    const docker = path.join(folder, 'docker')
    writeFileSync(docker, `#!/bin/sh\necho "$*" port=$POSTGRES_PORT >>${folder}/calls\n${script}\n`)
    chmodSync(docker, 0o755)
    process.env['PATH'] = `${folder}:${environment['PATH']}`
  }

  it('starts the services that are not given with Compose, on ports and names of its own, and stops them', async () => {
    installDocker('[ "$1" = info ] && echo 28.0; exit 0')
    give({ rabbitmq: running().rabbitmq, redis: running().redis })
    const { urls, origin, release } = await provideServices(set, say)
    await release()
    expect(origin).toEqual({ postgres: 'docker', rabbitmq: 'environment', redis: 'environment' })
    expect(urls.postgres).toBe(`postgresql://fanfare:${set.state.secret}@127.0.0.1:${set.port('postgres')}/fanfare`)
    expect(calls()).toContain(`--project-name fanfare-trial-${set.state.id}`)
    expect(calls()).toMatch(new RegExp(`up --detach --wait postgres port=${set.port('postgres')}\n`))
    expect(calls()).toMatch(/stop postgres port=\d+\n$/)
  })
})

it('falls through when there is a Docker client without an engine', async () => {
  give(running())
  process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1'
  const { origin, release } = await provideServices(set, say)
  expect(origin.postgres).toBe('environment')
  await release()
})
