// What the README says about configuration, requests and files is compared with the code.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '#platform/config'
import { NewOrder } from '../src/domains/order/schemas.ts'
import { blocksOf, README, ROOT } from './readme-blocks.ts'

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8')

const REQUIRED = {
  DATABASE_URL: 'postgresql://host/fanfare',
  RABBITMQ_URL: 'amqp://host',
  REDIS_URL: 'redis://host',
}

/** Every variable with its default as the README writes it. */
function variables(): [name: string, shown: string][] {
  const defaults = readConfig(REQUIRED) as Record<string, unknown>
  const names = [...read('src/platform/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name!)
  return names.map((name) => {
    if (name in REQUIRED) return [name, 'must be set']
    const value = String(defaults[name] ?? '')
    return [name, value === '' ? 'empty' : `\`${value}\``]
  })
}

it('lists every variable of the configuration with its default', () => {
  const table = [...README.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|/gm)].map(([, name, shown]) => [name, shown])
  expect(table.toSorted()).toEqual(variables().toSorted())
})

it('has an example line for every variable in .env.example', () => {
  const lines = [...read('.env.example').matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value])
  expect(lines.map(([name]) => name).toSorted()).toEqual(
    variables()
      .map(([name]) => name)
      .toSorted(),
  )
  const shown = new Map(variables())
  for (const [name, value] of lines)
    if (shown.get(name!) !== 'must be set')
      expect([name, value ? `\`${value}\`` : 'empty']).toEqual([name, shown.get(name!)])
})

it('shows orders that the API accepts', () => {
  const bodies = blocksOf('sh').flatMap((block) => [...block.matchAll(/ -d '(\{.*?^\})'/gms)].map(([, body]) => body!))
  expect(bodies.length).toBeGreaterThan(0)
  for (const body of bodies) expect(NewOrder.safeParse(JSON.parse(body))).toMatchObject({ success: true })
})

it('shows npm scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...README.matchAll(/npm (start|test|run ([a-z:-]+))/g)].map(([, name, run]) => run ?? name!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'])('%s links to files that exist', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target!)
  expect(links.filter((target) => !existsSync(path.join(ROOT, path.dirname(file), target)))).toEqual([])
})

it('names files and folders that exist', () => {
  const added = blocksOf('ts').map((block) => /^\/\/ (\S+)/.exec(block)![1]!)
  const named = [...README.matchAll(/`((?:src|workers|prisma|sandbox|scripts|tools|test)(?:\/[\w./-]+)?)`/g)].map(
    ([, name]) => name!,
  )
  const missing = named.filter((name) => !added.includes(name) && !existsSync(path.join(ROOT, name)))
  expect(missing).toEqual([])
})
