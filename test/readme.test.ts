// What the README says about configuration, requests and files is compared with the code.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '#platform/config'
import { declaredSettings } from '#platform/settings'
import '#domains/notification'
import '#domains/payment'
import { NewOrder } from '../src/domains/order/schemas.ts'
import { blocksOf, README, ROOT } from './readme-blocks.ts'

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8')

const REQUIRED = {
  DATABASE_URL: 'postgresql://host/fanfare',
  RABBITMQ_URL: 'amqp://host',
  REDIS_URL: 'redis://host',
}

/** Every variable, those of the domains that come with it included, with its default as it would be written in the environment. */
function variables(): Record<string, string | null> {
  const defaults = readConfig(REQUIRED) as Record<string, string | number | number[] | undefined>
  const names = [...read('src/platform/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name!)
  const ofEvery = names.map((name) => [name, name in REQUIRED ? null : (defaults[name] ?? '').toString()] as const)
  return { ...Object.fromEntries(ofEvery), ...declaredSettings() }
}

it('lists every variable of the configuration with its default', () => {
  const shown = (value: string | null) => (value === null ? 'must be set' : value === '' ? 'empty' : `\`${value}\``)
  const wanted = Object.entries(variables()).map(([name, value]) => [name, shown(value)])
  const table = [...README.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|/gm)].map(([, name, value]) => [name, value])
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(wanted))
})

it('shows orders that the API accepts', () => {
  const bodies = blocksOf('sh').flatMap((block) => [...block.matchAll(/ -d '(\{.*?^\})'/gms)].map(([, body]) => body!))
  expect(bodies.length).toBeGreaterThan(0)
  for (const body of bodies) expect(NewOrder.safeParse(JSON.parse(body))).toMatchObject({ success: true })
})

it('shows npm scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...README.matchAll(/npm (start|test|run (?:--silent )?([a-z:-]+))/g)].map(
    ([, name, run]) => run ?? name!,
  )
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'])('%s links to files that exist', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target!)
  expect(links.filter((target) => !existsSync(path.join(ROOT, path.dirname(file), target)))).toEqual([])
})

it('names files and folders that exist', () => {
  const added = blocksOf('ts').map((block) => /^\/\/ (\S+)/.exec(block)![1]!)
  const named = [...README.matchAll(/`((?:src|workers|prisma|sandbox|dev|examples|tools|test)(?:\/[\w./-]+)?)`/g)].map(
    ([, name]) => name!,
  )
  const missing = named.filter((name) => !added.includes(name) && !existsSync(path.join(ROOT, name)))
  expect(missing).toEqual([])
})
