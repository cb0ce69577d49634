// Runs the requests of README, docs/quickstart.md and docs/api.md as they are printed, one after the other, against the API with seeded products.
import { spawn, spawnSync } from 'node:child_process'
import { analyticsRoutes } from '#domains/analytics'
import { SHOP_RATES } from '#domains/pricing'
import { createFeed, eventRoutes } from '#domains/live'
import { lookupRoutes } from '#domains/lookup'
import { webhookRoutes } from '#domains/webhooks'
import { findReactions, loadProjections, register, runProjections, type RunningProjections } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { projectionReader, testDatabase, type TestDatabase } from '#testing'
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

/** Every answer on a line of its own; a refused request ends the script. */
const PRELUDE = `set -euo pipefail
curl() { command curl --fail-with-body "$@"; echo; }
`

function bash(script: string): Promise<{ code: number | null; output: string }> {
  const shell = spawn('bash', ['-c', script])
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => shell.on('close', (code) => resolve({ code, output })))
}

async function answersTo(script: string): Promise<unknown[]> {
  expect(script).toContain('http://localhost:3000')
  const { code, output } = await bash(PRELUDE + script.replace('http://localhost:3000', api.url))
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
  return output
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

it('the request of the README works as printed', async () => {
  const [request] = blocksOf('README.md', 'sh').filter((block) => block.startsWith('curl'))
  expect(await answersTo(request!)).toMatchObject([{ status: 'placed', customer: { name: 'Ada Lovelace' } }])
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
  expect(await answersTo(blocksOf('docs/quickstart.md', 'sh').join('\n'))).toMatchObject([
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
