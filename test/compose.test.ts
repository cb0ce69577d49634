import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { readConfig } from '#platform/config'
import { declaredSettings } from '#platform/settings'
import { createNames, findReactions, loadReactions } from '#messaging'
import { brokerRights } from '../src/cli/roles/broker-rights.ts'

interface Service {
  image: string
  build?: { context: string; target: string }
  command?: string
  entrypoint?: string[]
  profiles?: string[]
  environment?: Record<string, string | number>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  ports?: string[]
}

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  configs: Record<string, { content: string }>
}
const services = Object.entries(compose.services)
const lasting = services.filter(([, { profiles }]) => !profiles)
const ours = lasting.filter(([, { image }]) => image === 'fanfare')
const stages = read('Dockerfile')
  .split(/^(?=FROM )/m)
  .slice(1)
  .map((text) => ({ text, name: / AS (\S+)/.exec(text)?.[1], from: /^FROM (\S+)/.exec(text)?.[1] }))

/** What Compose makes of `${NAME:-default}` when NAME is not set. */
const substituted = (value: string | number) => String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1')

/** The user a stage runs as: its own, or that of the stage it is made from. */
function userOf(name: string | undefined): string {
  const stage = stages.find((candidate) => candidate.name === name)
  if (!stage) return 'root'
  return [...stage.text.matchAll(/^USER (\S+)/gm)].at(-1)?.[1] ?? userOf(stage.from)
}

beforeAll(() => loadReactions(findReactions('workers'))) // with the settings that they and their domains declare

describe('docker-compose.yml', () => {
  it.each(lasting)('%s says when it is healthy, or runs once', (name, service) => {
    const waitsForItsEnd = services.some(
      ([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully',
    )
    expect(Boolean(service.healthcheck?.test.length) || waitsForItsEnd).toBe(true)
  })

  it('runs every group of workers', () => {
    const groups = readdirSync(path.join(root, 'workers'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    const run = ours.flatMap(([, { command }]) => /worker\.ts (\S+)$/.exec(command ?? '')?.[1] ?? [])
    expect(new Set(run)).toEqual(new Set(groups.map(({ name }) => name)))
  })

  it('waits only for services that there are, in states they can reach', () => {
    for (const [, { depends_on = {} }] of services)
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[name]
        expect(service).toBeDefined()
        if (condition === 'service_healthy') expect(service?.healthcheck).toBeDefined()
      }
  })

  it.each(ours)('%s runs a file that there is, with variables the configuration knows', (_name, service) => {
    const [program, file] = (service.command ?? '').split(' ').filter((word) => !word.startsWith('--'))
    expect(program).toBe('node')
    expect(existsSync(path.join(root, file ?? ''))).toBe(true)
    const entries = Object.entries(service.environment ?? {}).map(
      ([name, value]) => [name, substituted(value)] as const,
    )
    const known = [...Object.keys(readConfig(Object.fromEntries(entries))), ...Object.keys(declaredSettings())]
    expect(known).toEqual(expect.arrayContaining(entries.map(([name]) => name)))
  })

  it('runs commands of an operator by the file that package.json names', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> }
    expect(compose.services['fanfare']).toMatchObject({
      image: 'fanfare',
      entrypoint: ['fanfare'],
      profiles: ['tools'],
    })
    expect(read('Dockerfile')).toContain(`RUN ln -s /app/${bin['fanfare']} /usr/local/bin/fanfare`)
    expect(statSync(path.join(root, bin['fanfare']!)).mode & 0o111).toBe(0o111)
  })

  it('builds each image from a stage of the Dockerfile', () => {
    const targets = services.flatMap(([, { build }]) => build?.target ?? [])
    expect(new Set(targets)).toEqual(new Set(['runtime', 'sandbox', 'migrate', 'mail']))
    expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(targets))
  })

  it('offers the services that npm start asks it for', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(['postgres', 'rabbitmq', 'redis']))
  })
})

it('publishes ports on this machine alone, unless told otherwise', () => {
  const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => substituted(port)))
  expect(published.length).toBeGreaterThan(3)
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
})

describe('what comes from elsewhere', () => {
  const images = services.filter(([, { build }]) => !build).map(([, { image }]) => image)
  const bases = stages.map(({ from }) => from!).filter((from) => !stages.some(({ name }) => name === from))

  it.each([...new Set([...images, ...bases])].filter((image) => image !== 'fanfare'))(
    '%s is the very image',
    (image) => {
      expect(image).toMatch(/^[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
    },
  )
})

describe('RabbitMQ', () => {
  interface Definitions {
    users: { name: string; tags: string[] }[]
    permissions: { user: string; vhost: string; configure: string; write: string; read: string }[]
  }
  const { users, permissions } = JSON.parse(
    substituted(compose.configs['rabbitmq-users']!.content).replaceAll('$$', '$'),
  ) as Definitions

  it('gives each process what `fanfare roles --rabbitmq` says for this release', async () => {
    const rights = brokerRights(createNames(''), await loadReactions(findReactions('workers')))
    const given = permissions.filter(({ user }) => user !== 'fanfare')
    expect(Object.fromEntries(given.map(({ user, vhost: _, ...may }) => [user, may]))).toEqual(rights)
    expect(users.filter(({ tags }) => tags.length > 0).map(({ name }) => name)).toEqual(['fanfare'])
  })

  it.each(ours)('knows the user of %s, who is no administrator', (name, { environment, command }) => {
    const { username } = new URL(substituted(environment!['RABBITMQ_URL']!))
    const own = command!.includes('worker.ts') ? 'worker' : name === 'api' ? 'scheduler' : name
    expect(username).toBe(own)
    expect(users.map((user) => user.name)).toContain(own)
  })
})

describe('Dockerfile', () => {
  it.each(['runtime', 'sandbox', 'migrate', 'mail'])('%s does not run as root', (name) => {
    expect(userOf(name)).toBe('node')
  })

  it('builds runtime when no stage is named', () => {
    expect(stages.at(-1)?.name).toBe('runtime')
  })

  it('copies what there is and what .dockerignore lets through', () => {
    const copied = stages.flatMap(({ text }) =>
      [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) => list?.split(' ') ?? []),
    )
    const allowed = read('.dockerignore').split('\n')
    expect(copied.length).toBeGreaterThan(5)
    for (const source of copied) {
      expect(existsSync(path.join(root, source))).toBe(true)
      expect(allowed).toContain(`!${source}`)
    }
  })

  it('installs no development dependency in what runs in production', () => {
    expect(stages.find(({ name }) => name === 'packages')?.text).toContain('npm ci --omit=dev --omit=optional')
  })

  it('keeps the query compiler that the generated client loads', () => {
    const kept = /! -name '(.+)\*' -delete/.exec(read('Dockerfile'))?.[1] ?? 'nothing'
    const loaded = read('src/generated/prisma/internal/class.ts').matchAll(/runtime\/(query_compiler_[^"]+)"/g)
    const names = [...loaded].map(([, name]) => name)
    expect(names).toHaveLength(2)
    expect(names.filter((name) => !name?.startsWith(kept))).toEqual([])
  })
})

describe('.env.example', () => {
  it('names every variable of the configuration and of the reactions, with its default', () => {
    const examples = new Map(
      [...read('.env.example').matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    )
    const required = { DATABASE_URL: 'postgresql://a', RABBITMQ_URL: 'amqp://a', REDIS_URL: 'redis://a' }
    const defaults = Object.entries(readConfig(required)).filter(([name]) => !(name in required))
    for (const name of Object.keys(required)) expect(examples.has(name)).toBe(true)
    for (const [name, value] of [...defaults, ...Object.entries(declaredSettings())])
      expect([name, examples.get(name)]).toEqual([name, String(value)])
  })
})
