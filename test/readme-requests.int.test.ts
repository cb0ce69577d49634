// Runs the requests of README, docs/quickstart.md and docs/api.md as they are printed, one after the other, against the API with seeded products.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { analyticsRoutes } from '#domains/analytics'
import { SHOP_RATES } from '#domains/pricing'
import { createFeed, eventRoutes } from '#domains/live'
import { lookupRoutes } from '#domains/lookup'
import { webhookRoutes } from '#domains/webhooks'
import { findReactions, loadProjections, register, runProjections, type RunningProjections } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { freePort, projectionReader, testDatabase, type TestDatabase } from '#testing'
import { startProcess } from '../dev/processes/process.ts'
import { testApi, type TestApi } from '../src/testing/api.ts'
import { blocksOf, ROOT } from './readme-blocks.ts'

let database: TestDatabase
let api: TestApi
let running: RunningProjections
beforeAll(async () => {
  database = await testDatabase()
  const env = { ...process.env, DATABASE_URL: database.url, RABBITMQ_URL: 'amqp://unused', REDIS_URL: 'redis://unused' }
  const seeded = spawnSync(process.execPath, ['--import', 'tsx', 'prisma/seed.ts'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  })
  expect(seeded).toMatchObject({ status: 0, stderr: '' })
  const { db } = database
  const reader = { projections: projectionReader(database) }
  process.env['WEBHOOK_TARGETS'] = 'any'
  const feed = createFeed({ db, log: createLogger('test', 'silent'), ending: new AbortController().signal })
  const outward = [...webhookRoutes({ db }), ...eventRoutes({ db, feed })]
  const routes = [...analyticsRoutes(reader), ...lookupRoutes(reader), ...outward]
  api = await testApi(database, routes, { rates: SHOP_RATES })
  const projections = await loadProjections(findReactions('workers'))
  await register(db, projections)
  running = runProjections(projections, { db, log: createLogger('test', 'silent'), instance: 'test', pollMs: 20 })
})
afterAll(async () => {
  await running.stop()
  await api.close()
  await database.close()
})

/** A database that is busy for seconds is answered with 503 and Retry-After, which curl then follows. */
const CURL = 'curl() { command curl --retry 5 "$@"; }\n'

/** Every answer on a line of its own; a refused request ends the script, and what runs beside it ends with it. */
const PRELUDE = `set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
command() { builtin command "$@" --fail-with-body; echo; }
${CURL}`

const bash = (script: string) => run('bash', '-c', script)

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function run(command: string, ...args: string[]): Promise<Ended> {
  const program = spawn(command, args, { cwd: ROOT })
  const said = { stdout: '', stderr: '' }
  for (const from of ['stdout', 'stderr'] as const)
    program[from].on('data', (chunk: Buffer) => (said[from] += chunk.toString()))
  return new Promise((resolve) => program.on('close', (code) => resolve({ code, ...said })))
}

async function answersTo(script: string): Promise<unknown[]> {
  expect(script).toContain('http://localhost:3000')
  const ended = await bash(PRELUDE + script.replace('http://localhost:3000', api.url))
  expect(ended).toMatchObject({ code: 0 })
  return ended.stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

it('the request of the README works as printed, and leaves the prompt at the beginning of a line', async () => {
  const [request] = blocksOf('README.md', 'sh').filter((block) => block.startsWith('curl'))
  const { stdout } = await bash(CURL + request!.replace('http://localhost:3000', api.url))
  expect(stdout).toMatch(/\n$/)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'placed', customer: { name: 'Ada Lovelace' } })
})

it('those of docs/api.md work as printed', async () => {
  expect(await answersTo(blocksOf('docs/api.md', 'sh').join('\n'))).toMatchObject([
    { products: expect.arrayContaining([expect.objectContaining({ sku: 'MUG-01' })]) },
    { sku: 'MUG-01', available: 500 }, // no reaction runs here
    { total: { amount: 2_745, currency: 'GBP' }, costs: { tax: { amount: 458 } } },
    { status: 'placed', total: { amount: 2_500, currency: 'GBP' } },
    { events: [{ type: 'order.placed' }] },
    { status: 'placed', version: 1 },
    { status: 'placed', customer: { name: 'Charles Babbage' } },
    { orders: expect.arrayContaining([expect.objectContaining({ status: 'placed' })]), next: null },
    { orders: expect.anything(), next: null },
    expect.anything(),
    { orders: expect.arrayContaining([expect.objectContaining({ status: 'placed' })]), next: null },
    { orders: expect.arrayContaining([expect.objectContaining({ lines: expect.any(Array) })]), next: null },
    { orders: expect.arrayContaining([expect.objectContaining({ status: 'placed' })]), next: null },
    { sku: 'LAMP-01', version: 1 },
    { sku: 'LAMP-01', version: 2, active: false },
    { id: 'delivery-4711', reason: 'Delivery 4711' },
    { id: 'count-7', lines: [{ sku: 'LAMP-01', change: -1 }] },
    { sku: 'LAMP-01', received: 20, corrected: -1, onHand: 19 },
  ])
})

it('those of docs/quickstart.md work as printed', async () => {
  const events = { events: expect.any(Array), more: false }
  const script = blocksOf('docs/quickstart.md', 'sh').join('\n').replace(/" &$/m, '" >&2 &') // not between two answers
  expect(script).toContain('>&2 &')
  expect(await answersTo(script.replaceAll('8080', String(await freePort())))).toMatchObject([
    { sku: 'MUG-01' },
    { sku: 'DESK-01', version: 1 },
    { total: { currency: 'GBP' } },
    { status: 'placed' },
    events, // no relay runs here, so nothing is published
    { status: 'cancelled' },
    { deliveries: [], next: null },
    { due: 0, continueFrom: null },
  ])
})

it('the field of a refusal is the refusal, told', async () => {
  const [tools, ...steps] = blocksOf('docs/quickstart.md', 'sh')
  const order = steps.find((block) => block.includes('/v1/orders -H'))!.replace('"MUG-01"', '"MUG-99"')
  const script = `${tools}\n${order}`.replace('http://localhost:3000', api.url)
  expect(await bash(script)).toMatchObject({ stderr: expect.stringContaining('unknown-sku') })
})

it('the receiver takes what is signed with its secret, and nothing else', async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const port = await freePort()
  const receiver = startProcess({ name: 'receiver', args: ['examples/webhook-receiver.mjs', String(port), secret] })
  await receiver.says('webhooks are awaited')
  const body = JSON.stringify({ type: 'order.placed', orderId: '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7' })
  const send = async (sent: string) => {
    const at = new Date()
    const headers = {
      'webhook-id': '1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('1', at, body),
    }
    return (await fetch(`http://127.0.0.1:${port}/webhooks`, { method: 'POST', headers, body: sent })).status
  }
  expect(await send(body)).toBe(204)
  expect(await send(body.replace('placed', 'cancelled'))).toBe(400)
  await receiver.says('webhook: order.placed of order 0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7')
  await receiver.stop()
})

it.each([
  ['docs/quickstart.md', './examples/client/fanfare.ts'],
  ['examples/client/README.md', './fanfare.ts'],
])('the program of %s runs as printed', async (file, client) => {
  const [program] = blocksOf(file, 'ts')
  expect(program).toContain(`from '${client}'`)
  const place = path.join(ROOT, '.fanfare/printed', `${path.basename(file, '.md')}.ts`)
  mkdirSync(path.dirname(place), { recursive: true })
  const inPlace = program!.replace(client, '../../examples/client/fanfare.ts').replace('http://localhost:3000', api.url)
  writeFileSync(place, inPlace)
  const ended = await run(process.execPath, '--import', 'tsx', place)
  rmSync(place)
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/FF-\d+ (placed|cancelled)/) })
})
