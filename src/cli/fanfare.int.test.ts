import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import path from 'node:path'
import pg from 'pg'
import { anOrderPlaced, record, requireTestService, testDatabase, type TestDatabase } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { fanfare } from './fanfare.ts'

jest.setTimeout(120_000)

const PROGRAM = path.resolve(import.meta.dirname, 'fanfare.mjs')

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

async function run(args: string[], env: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) {
  let output = ''
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => Boolean((output += String(text)))),
  )
  try {
    return { code: await fanfare(args, { env: { ...env } }), output: output.trim() }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const WORKING = [
  'dead-letters',
  'story',
  'audit',
  'reconcile',
  'replay',
  'projections',
  'archive',
  'restore',
  'orders',
  'partitions',
  'events',
  'clients',
  'keys',
  'roles',
  'completion',
]
const COMMANDS = [...WORKING, 'worker', 'api', 'relay', 'scheduler']

it.each(COMMANDS)('%s explains itself, without any setting', async (command) => {
  const { code, output } = await run([command, '--help'], {})
  expect(output).toMatch(new RegExp(`^Usage: fanfare ${command}`))
  expect(output).not.toMatch(/^ +at /m)
  expect(code).toBe(0)
})

const mistakes: [args: string[], sentence: RegExp, env?: NodeJS.ProcessEnv][] = [
  [['adit'], /unknown command 'adit'\s+\(Did you mean audit\?\)/],
  [['audit', '--stirct'], /unknown option '--stirct'\s+\(Did you mean --strict\?\)/],
  [['audit', 'now'], /too many arguments/],
  [['audit', '--patience', '5'], /A duration needs a unit: 5s, 5m, 5h or 5d\./],
  [['audit'], /^DATABASE_URL is not set: export it, or give --database-url\.$/, {}],
  [['reconcile'], /^RABBITMQ_URL is not set: export it, or give --rabbitmq-url\.$/],
  [['keys', 'revoke', 'nobody'], /^No key in use is called nobody\.$/],
  [['story', 'bogus'], /^There is no order bogus in this database/],
  [['story', '01a1fd57-2382-7c64-b8f6-ec17e14dfecf'], /^There is no order 01a1fd57-\S+ in this database\.$/],
  [['archive', '--before', 'June'], /A date is written as 2026-09-01\./],
  [
    ['archive', '--before', '2026-09-01'],
    /^Say where the files go, with --to <folder or s3:\/\/…>; or only look, with --dry-run\.$/,
  ],
  [['orders', 'delete', '--before', '2099-01-01'], /^Orders are deleted when nothing has happened to them for 90 days/],
  [['restore', '/nowhere'], /^\/nowhere is no archive: /],
  [['events', 'import', '/nowhere.ndjson'], /^\/nowhere\.ndjson cannot be read: /],
  [['worker', 'inventry'], /^No reaction is called inventry\. Did you mean inventory\?/],
  [['completion', 'fish'], /Allowed choices are bash, zsh/],
  [
    ['replay', 'loyalty.award-points'],
    /^npm kept --dry-run for itself, so nothing was done\. .*\n {2}fanfare replay loyalty\.award-points --dry-run$/,
    { npm_command: 'run', npm_config_dry_run: 'true' },
  ],
]

test.each(mistakes.map(([args, ...expected]) => [args.join(' '), { args, expected }] as const))(
  '%s: one sentence',
  async (_, { args, expected: [sentence, env] }) => {
    const { code, output } = await run(args, env)
    expect(output).toMatch(sentence)
    expect(output).not.toMatch(/^ +at /m)
    expect(code).toBe(2)
  },
)

describe('a database', () => {
  const server = () => new URL(requireTestService('TEST_DATABASE_URL'))

  it.each(['127.0.0.1:1', '10.255.255.1'])('that does not answer (%s) is told soon, with its place', (place) => {
    const env = { ...process.env, DATABASE_URL: `postgresql://${place}/fanfare` }
    const { status, stderr } = spawnSync(PROGRAM, ['keys', 'list'], { encoding: 'utf8', env })
    expect(stderr).toBe(`PostgreSQL at ${place} cannot be reached: does it run, and is DATABASE_URL right?\n`)
    expect(status).toBe(2)
  })

  it('that does not exist, refuses the password, or is empty', async () => {
    const absent = await run(['keys', 'list'], { DATABASE_URL: new URL('/absent', server()).href })
    expect(absent).toMatchObject({ code: 2, output: expect.stringMatching(/^The database that DATABASE_URL names/) })
    const stranger = Object.assign(server(), { password: 'guessed' }).href
    const refused = await run(['keys', 'list'], { DATABASE_URL: stranger })
    expect(refused).toMatchObject({ code: 2, output: expect.stringMatching(/refuses the user or password/) })
    const empty = await run(['keys', 'list'], { DATABASE_URL: new URL('/postgres', server()).href })
    expect(empty).toMatchObject({ code: 2, output: expect.stringMatching(/^The database lacks what this version/) })
  })

  it('given as an option counts in place of the environment', async () => {
    const { code } = await run(['keys', 'list', '--database-url', database.url], {
      DATABASE_URL: 'postgresql://127.0.0.1:1/x',
    })
    expect(code).toBe(0)
  })
})

it('makes clients, and makes, lists, rotates and revokes their keys', async () => {
  const create = (...more: string[]) => run(['keys', 'create', 'web-shop', ...more])
  expect(await create('--scopes', 'refunds')).toEqual({ code: 2, output: 'There is no client web-shop.' })
  expect((await run(['clients', 'create', 'web-shop'])).code).toBe(0)
  expect(await create('--scopes', 'refund')).toMatchObject({ code: 2, output: expect.stringContaining('is no scope') })
  const first = await create('--scopes', 'orders:read,refunds', '--expires', '90d')
  expect(first).toEqual({ code: 0, output: expect.stringMatching(/^fanfare_live_[0-9a-f]{8}_\S{51}$/) })
  const label = first.output.slice(13, 21)
  expect((await run(['keys', 'list', 'web-shop'])).output).toMatch(
    new RegExp(`${label} +web-shop +orders:read refunds .* never`),
  )
  expect((await run(['keys', 'rotate', label, '--overlap', '1h'])).output).toMatch(/^fanfare_live_/)
  expect((await run(['clients', 'list'])).output).toMatch(/web-shop +2 /)
  const signed = ['--reason', 'It leaked', '--as', 'ada']
  expect((await run(['keys', 'revoke', label, '--json', ...signed])).output).toMatch(/"revoked": 1/)
  expect((await run(['keys', 'revoke', 'web-shop', '--json'])).output).toMatch(/"revoked": 1/)
  const { output } = await run(['dead-letters', 'history'])
  expect(output).toMatch(new RegExp(`ada +revoke-key +key ${label}, client web-shop +done .*It leaked`))
  expect(output).toMatch(/create-client +client web-shop +done/)
})

it('draws the story of an order', async () => {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const placed = anOrderPlaced()
  await record(database, placed)
  const { orderId, customer, shippingAddress, total } = placed.data
  await client.query(
    `INSERT INTO orders (id, status, customer, shipping_address, total, currency, placed_at, updated_at)
     VALUES ($1, 'placed', $2, $3, $4, $5, now(), now())`,
    [orderId, customer, shippingAddress, total.amount, total.currency],
  )
  await client.end()
  const { code, output } = await run(['story', orderId])
  expect(output).toMatch(/^Placed at \d{4}-\S+ \S+ UTC; .*\n\n +0 ms {2}order\.placed\n\nThe order is placed: 1 events/)
  expect(code).toBe(0)
})

it('completes commands, options and names of reactions in bash', async () => {
  const { output } = await run(['completion', 'bash'], {})
  const completed = (...words: string[]) => {
    const line = `COMP_WORDS=(fanfare ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _fanfare; echo "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', `${output}\n${line}`], { encoding: 'utf8' }).stdout.trim()
  }
  expect(completed('re')).toBe('reactions reconcile replay restore relay')
  expect(completed('dead-letters', 'red')).toBe('redrive')
  expect(completed('replay', 'loyalty.aw')).toBe('loyalty.award-points')
  expect(completed('audit', '--str')).toBe('--strict')
})

it('is a program of its own', () => {
  const { status, stdout } = spawnSync(PROGRAM, ['worker', '--list', 'fraud'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^fraud\.screen-order\n/) })
})

it('does not call well what nobody can know yet', async () => {
  await record(database, anOrderPlaced())
  const { code, output } = await run(['stuck', '--patience', '5m'])
  expect(output).toMatch(/^Nothing is stuck\.\nUnder way for less than 300 s, so nobody knows yet /)
  expect(output).toMatch(/\n {4}the relay and order\.placed: \d orders?, the oldest \d+ s ago$/)
  expect(code).toBe(0)
  expect(JSON.parse((await run(['stuck', '--patience', '5m', '--json'])).output)).toMatchObject({
    ok: true,
    underWay: [{ kind: 'unpublished', eventType: 'order.placed' }],
  })
})

it('names what is away, and starts no worker for what waits for that', async () => {
  const at = new Date(Date.now() - 60_000)
  const breaker = { instance: 'worker@a:1', cause: 'Error: the gateway answered 500', openedAt: at }
  await database.db.breaker.createMany({
    data: ['fraud.screen-order', 'order.record-history'].map((reaction) => ({ ...breaker, reaction })),
  })
  await database.db.delivery.create({
    data: {
      id: uuidv7(),
      reaction: 'fraud.screen-order',
      eventType: 'order.placed',
      state: 'retrying',
      dueAt: at,
      reason: '',
    },
  })
  const { code, output } = await run(['stuck'])
  await database.db.breaker.deleteMany()
  await database.db.delivery.deleteMany()
  expect(output).toMatch(
    /^away {2}fraud\.screen-order, order\.record-history are paused in one process: Error: the gateway answered 500\. .*by itself\.\n {4}.*paused 6\d s ago/m,
  )
  expect(output).not.toContain('fanfare worker fraud')
  expect(code).toBe(1)
})

it('tells of what waits for a reaction that this version does not have', async () => {
  const reaction = 'gone.reaction'
  await database.db.delivery.create({
    data: { id: uuidv7(), reaction, eventType: 'order.placed', state: 'retrying', dueAt: new Date(0), reason: 'lost' },
  })
  const { code, output } = await run(['stuck'])
  expect(output).toContain('gone.reaction and order.placed: waits, and this version has no such reaction.')
  expect(output).toContain('fanfare worker --retire gone.reaction')
  expect(code).toBe(1)
})

it('ends in silence when nobody reads on: fanfare … | head', async () => {
  const child = spawn(process.execPath, [PROGRAM, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect([said, code]).toEqual(['', 0])
})
