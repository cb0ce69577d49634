import { spawn } from 'node:child_process'
import path from 'node:path'
import { OrderPlaced } from '#events'
import { defineReaction, Unrecoverable } from '#messaging'
import { anOrderPlaced, deadline, record, requireTestService, testSystem, type TestSystem } from '#testing'
import recordSale from '../../workers/analytics/record-sale.ts'

let system: TestSystem
afterEach(() => system.close())

let broken = true
const handled: string[] = []
const fragile = defineReaction({
  name: 'test.fragile',
  on: OrderPlaced,
  handle({ id }) {
    if (broken) throw new Unrecoverable('the shelf is locked')
    handled.push(id)
  },
})

beforeEach(() => {
  broken = true
  handled.length = 0
})

const COMMAND = [path.resolve(import.meta.dirname, '../../dev/run.mjs'), 'dead-letters']

function start(args: string[], environment: Record<string, string> = {}) {
  const env = {
    ...process.env,
    DATABASE_URL: system.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    MESSAGING_NAMESPACE: system.names.namespace,
    RETRY_DELAYS: '50,200',
    ...environment,
  }
  const child = spawn(process.execPath, [...COMMAND, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, output })),
  )
  return { child, ended }
}

const run = (args: string[], environment?: Record<string, string>) => start(args, environment).ended

async function runJson<T>(...args: string[]): Promise<T> {
  const { code, output } = await run([...args, '--json'])
  if (code !== 0) throw new Error(`exit code ${code}: ${output}`)
  return JSON.parse(output) as T
}

async function deadOrders(count: number) {
  for (let left = count; left > 0; left -= 100)
    await record(system, ...Array.from({ length: Math.min(left, 100) }, () => anOrderPlaced()))
  await system.settled(30_000)
}

const openLetters = () => system.db.deadLetter.count({ where: { status: 'open' } })

test('from the list to the cause, to one message, to the redrive, to the history', async () => {
  system = await testSystem([fragile])
  await deadOrders(3)
  const list = await run(['list'])
  expect(list).toMatchObject({ code: 0 })
  expect(list.output).toMatch(/test\.fragile +3 +1 .*Unrecoverable: the shelf is locked/)
  expect(list.output).toContain('Next: npm run dead-letters -- groups test.fragile')

  const [group] = await runJson<{ fingerprint: string; count: number }[]>('groups', 'test.fragile')
  expect(group).toMatchObject({ count: 3, eventType: 'order.placed', reason: 'unrecoverable' })

  const shown = await run(['show', 'test.fragile'])
  for (const part of ['not handled: nothing', '"specversion": "1.0"', 'Story of its order', '† test.fragile: dead'])
    expect(shown.output).toContain(part)

  const refused = await run(['redrive', 'test.fragile', '--all'])
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.output).toMatch(/There is nobody to ask here: add --yes/)
  const planned = await run(['redrive', 'test.fragile', '--group', group!.fingerprint, '--dry-run', '--rate', '1/s'])
  expect(planned.output).toMatch(/3 dead letters of test\.fragile would be redriven; nothing is sent/)

  const halted = await run(['redrive', 'test.fragile', '--all', '--yes', '--canary', '1', '--as', 'grace'])
  expect(halted).toMatchObject({ code: 1 })
  expect(halted.output).toMatch(/Halted: 1 of 3 sent/)
  broken = false
  const redriven = await run(['redrive', 'test.fragile', '--all', '--yes', '--canary', '1', '--reason', 'unlocked'])
  expect(redriven).toMatchObject({ code: 0 })
  expect(redriven.output).toMatch(/3 handled · 0 dead again/)
  expect(handled).toHaveLength(3)

  const actions = await runJson('history')
  expect(actions).toMatchObject([
    { action: 'redrive', outcome: 'done', reason: 'unlocked', result: { handled: 3 } },
    { action: 'redrive', outcome: 'halted', operator: 'grace', result: { deadAgain: 1 } },
  ])
  expect((await run(['show', 'test.nobody'])).output).toMatch(
    /No reaction is called test\.nobody\. There are: test\.fragile/,
  )
}, 120_000)

test('an edit repairs the payload, shows what it changes and sends it', async () => {
  system = await testSystem([recordSale])
  const { data, stream } = anOrderPlaced()
  const message = {
    specversion: '1.0',
    id: '00000000-0000-7000-8000-000000000001',
    type: 'order.placed',
    source: '/hand',
    subject: stream,
    time: new Date(),
    streamversion: 1,
    correlationid: 'by-hand',
    data: { ...data, total: { ...data.total, amount: 'many' } },
  }
  const queue = system.names.queue(recordSale.name)
  const body = Buffer.from(JSON.stringify(message))
  await system.broker.publish([{ exchange: '', routingKey: queue, messageId: 'by-hand', body }])
  const letter = await deadline('a dead letter', () => system.db.deadLetter.findFirst())
  const still = await run(['edit', letter.id, '--set', '/total/amount=some', '--yes'])
  expect(still).toMatchObject({ code: 2 })
  expect(still.output).toMatch(/do not fit its schema: \/total\/amount/)
  const edited = await run(['edit', letter.id, '--set', '/total/amount=2500', '--yes', '--reason', 'a typing mistake'])
  expect(edited.output).toMatch(/- \/total\/amount: "many"\n {2}\+ \/total\/amount: 2500\n/)
  expect(edited.output).toMatch(/1 handled · 0 dead again/)
  expect(edited).toMatchObject({ code: 0 })
  expect((await run(['edit', letter.id, '--set', '/total/amount=1', '--yes'])).output).toMatch(/is edited already/)
}, 120_000)

test('killed in the middle, then called again: nothing is lost, nothing is handled twice', async () => {
  system = await testSystem([fragile])
  await deadOrders(500)
  broken = false
  const args = ['redrive', 'test.fragile', '--all', '--yes']
  const killed = await run(args, { CRASH_AT: 'redrive.after-publish:2' })
  expect(killed).toMatchObject({ signal: 'SIGKILL' })
  const again = await run([...args, '--json'])
  expect(again).toMatchObject({ code: 0 })
  const { total, sent, alreadyHandled } = JSON.parse(again.output) as Record<string, number>
  expect(total).toBe(sent! + alreadyHandled!)
  expect(total).toBeGreaterThanOrEqual(300 - 200) // the second batch was out, and may have ended by itself
  await deadline('every event handled', () => handled.length >= 500)
  await deadline(
    'every dead letter resolved',
    async () => (await system.db.deadLetter.count({ where: { status: 'resolved' } })) === 500,
  )
  expect(handled).toHaveLength(500)
  expect(new Set(handled).size).toBe(500)
  const actions = await system.db.operatorAction.findMany({ orderBy: { id: 'asc' } })
  expect(actions.map(({ phase }) => phase)).toEqual(['begun', 'begun', 'finished'])
}, 120_000)

test('Ctrl-C finishes the batch under way and leaves the rest open', async () => {
  system = await testSystem([fragile])
  await deadOrders(60)
  broken = false
  const { child, ended } = start(['redrive', 'test.fragile', '--all', '--yes', '--rate', '20/s'])
  await deadline('some are handled', () => handled.length >= 4)
  child.kill('SIGINT')
  const { code, output } = await ended
  expect(code).toBe(1)
  expect(output).toMatch(/Interrupted: \d+ of 60 sent/)
  expect(await openLetters()).toBeGreaterThan(0)
  expect(await openLetters()).toBe(60 - Number(/Interrupted: (\d+)/.exec(output)![1]))
}, 120_000)

test('watch tells each change on a line of its own', async () => {
  system = await testSystem([fragile])
  const { child, ended } = start(['watch', '--every', '100ms'])
  let seen = ''
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  await deadOrders(2)
  await deadline('both are told', () => /test\.fragile {2}2 open/.test(seen), { within: 20_000 })
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 0 })
}, 120_000)
