// What README and documents say about configuration, events, requests and files is compared with the code.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '#platform/config'
import { declaredSettings } from '#platform/settings'
import '#platform/process/workers'
import '#messaging'
import '#jobs'
import '#domains/notification'
import '#domains/order'
import '#domains/payment'
import { INVARIANTS } from '../src/audit/index.ts'
import { NewOrder } from '../src/domains/order/schemas/new-order.ts'
import { fromSource } from '../dev/processes/compiled.ts'
import { systemProcesses } from '../dev/start/processes.ts'
import { FAULT_NAMES } from './chaos/faults/faults.ts'
import { blocksOf, read, ROOT } from './readme-blocks.ts'

const README = read('README.md')
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(ROOT, 'docs')).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
]

const REQUIRED = {
  DATABASE_URL: 'postgresql://host/fanfare',
  RABBITMQ_URL: 'amqp://host',
  REDIS_URL: 'redis://host',
}

/** Every variable, those of the domains that come with it included, with its default as it would be written in the environment. */
function variables(): Record<string, string | null> {
  const defaults = readConfig(REQUIRED) as Record<string, string | number | readonly (number | string)[] | undefined>
  const names = [...read('src/platform/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name!)
  const ofEvery = names.map((name) => [name, name in REQUIRED ? null : (defaults[name] ?? '').toString()] as const)
  return { ...Object.fromEntries(ofEvery), ...declaredSettings() }
}

it('docs/configuration.md lists every variable of the configuration with its default', () => {
  const shown = (value: string | null) => (value === null ? 'must be set' : value === '' ? 'empty' : `\`${value}\``)
  const wanted = Object.entries(variables()).map(([name, value]) => [name, shown(value)])
  const rows = read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|/gm)
  expect(Object.fromEntries([...rows].map(([, name, value]) => [name, value]))).toEqual(Object.fromEntries(wanted))
})

it('docs/operations.md names metrics that exist', () => {
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  const code = sources.flatMap((file) => (file.endsWith('.ts') ? [read(`src/${file}`)] : [])).join('\n')
  const named = [...read('docs/operations.md').matchAll(/`(fanfare_[a-z_]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !code.includes(`'${name}'`))).toEqual([])
})

it('docs/reconcile.md names every invariant of the audit', () => {
  const [, table] = read('docs/reconcile.md').split('| invariants')
  const named = [...table!.split('\n\n')[0]!.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!)
  const withoutStatement = ['order-is-the-fold-of-its-stream', 'gateway-agrees', 'gateway-money-is-for-an-order']
  expect(named.toSorted()).toEqual([...INVARIANTS.map(({ name }) => name), ...withoutStatement].toSorted())
})

it('docs/chaos.md tells what every fault does', () => {
  const [, table] = read('docs/chaos.md').split('| fault')
  const named = [...table!.split('\n\n')[0]!.matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell]) => [
    ...cell!.matchAll(/`([a-z-]+)`/g),
  ])
  expect(named.map(([, name]) => name!).toSorted()).toEqual(FAULT_NAMES.toSorted())
})

it('README shows the reaction of docs/reactions.md', () => {
  expect(blocksOf('docs/reactions.md', 'ts')).toEqual(expect.arrayContaining(blocksOf('README.md', 'ts')))
})

it.each(['README.md', 'docs/api.md'])('%s shows orders that the API accepts', (file) => {
  const bodies = blocksOf(file, 'sh').flatMap((block) =>
    [...block.matchAll(/\/v1\/orders -H.*? -d '(\{.*?^\})'/gms)].map(([, body]) => body!),
  )
  expect(bodies.length).toBeGreaterThan(0)
  for (const body of bodies) expect(NewOrder.safeParse(JSON.parse(body))).toMatchObject({ success: true })
})

it.each([
  ['README.md', 'relay'],
  ['CONTRIBUTING.md', 'worker payment'],
])('%s signals the %s of this clone, and no other process', (file, name) => {
  const [, pattern] = /pkill -\w+ -f "(.*?)"/.exec(read(file))!
  const compiled = (source: string, ...args: string[]) => [
    path.join(ROOT, '.fanfare/compiled/1f', source.replace(/ts$/, 'js')),
    ...args,
  ]
  for (const program of [fromSource, compiled]) {
    const workers = ['payment', 'order'].map((folder) => ({ name: `worker ${folder}`, reactions: [folder] }))
    const urls = { postgres: '', rabbitmq: '', redis: '' }
    const plans = systemProcesses(workers, { urls, smtpUrl: '', gatewayUrl: '', port: 0 }, program)
    const metBy = (folder: string) =>
      plans
        .filter(({ args }) => new RegExp(pattern!.replace('$PWD', folder)).test(args.join(' ')))
        .map((one) => one.name)
    expect(metBy(ROOT)).toEqual([name])
    expect(metBy(`${ROOT}-2`)).toEqual([])
  }
})

it('docs/README.md leads to every document', () => {
  const index = read('docs/README.md')
  const others = DOCUMENTS.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md')
  expect(others.filter((file) => !index.includes(`](${path.basename(file)})`))).toEqual([])
})

describe.each(DOCUMENTS)('%s', (file) => {
  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(file).matchAll(/npm (start|test|run (?:--silent |-s )?([a-z:-]+))/g)].map(
      ([, name, run]) => run ?? name!,
    )
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  it('links to files and chapters that exist', () => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
    const broken = links.filter(([, target, chapter]) => {
      const found = target === '' ? file : path.join(path.dirname(file), target!)
      if (!existsSync(path.join(ROOT, found))) return true
      return chapter !== undefined && !chaptersOf(found).includes(chapter)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})

/** The anchors of a document's headings, as GitHub makes them. */
function chaptersOf(file: string): string[] {
  const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

it.each(['README.md', 'docs/README.md', 'docs/your-own.md', 'CONTRIBUTING.md'])(
  '%s names files and folders that exist',
  (file) => {
    const added = blocksOf('docs/reactions.md', 'ts').map((block) => /^\/\/ (\S+)/.exec(block)![1]!)
    const named = [
      ...read(file).matchAll(/`((?:src|workers|prisma|sandbox|dev|examples|tools|test)(?:\/[\w./-]+)?)`/g),
    ].map(([, name]) => name!)
    const missing = named.filter((name) => !added.includes(name) && !existsSync(path.join(ROOT, name)))
    expect(missing).toEqual([])
  },
)

it('README stays a first page', () => {
  expect(README.split('\n').length).toBeLessThan(170)
})
