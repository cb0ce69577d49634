import { spawn } from 'node:child_process'
import { OrderPlaced } from '#events'
import { defineReaction, Unrecoverable } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'
import { compiledCommand } from '../../../dev/processes/compiled.ts'
import screenOrder from '../../../workers/fraud/screen-order.ts'
import { fanfare } from '../fanfare.ts'

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

async function start(args: string[]) {
  const command = await compiledCommand('dead-letters', ...args)
  const env = {
    ...process.env,
    DATABASE_URL: system.url,
    RABBITMQ_URL: '',
  }
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, output })),
  )
  return { child, ended }
}

const run = async (args: string[]) => (await start(args)).ended

/** Quicker, for what needs no process of its own. */
async function inProcess(args: string[]) {
  let output = ''
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => Boolean((output += String(text)))),
  )
  try {
    const code = await fanfare(['dead-letters', ...args], { env: { ...process.env, DATABASE_URL: system.url } })
    return { code, output }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

async function runJson<T>(...args: string[]): Promise<T> {
  const { code, output } = await inProcess([...args, '--json'])
  if (code !== 0) throw new Error(`exit code ${code}: ${output}`)
  return JSON.parse(output) as T
}

async function deadOrders(count: number) {
  for (let left = count; left > 0; left -= 100)
    await record(system, ...Array.from({ length: Math.min(left, 100) }, () => anOrderPlaced()))
  await system.settled()
}

const count = (state: string) => system.db.delivery.count({ where: { state } })

test('from the list to the cause, to one message, to the redrive, to the history', async () => {
  system = await testSystem([fragile])
  await deadOrders(3)
  const list = await run(['list'])
  expect(list).toMatchObject({ code: 0 })
  expect(list.output).toMatch(/test\.fragile +3 +1 .*Unrecoverable: the shelf is locked/)
  expect(list.output).toContain('Next: fanfare dead-letters groups test.fragile')

  const [group] = await runJson<{ fingerprint: string; count: number }[]>('groups', 'test.fragile')
  expect(group).toMatchObject({ count: 3, eventType: 'order.placed', reason: 'unrecoverable' })

  const shown = await inProcess(['show', 'test.fragile'])
  for (const part of [
    'not handled: nothing',
    'dead, attempt 1: Unrecoverable',
    '"specversion": "1.0"',
    'Story of its order',
    '† test.fragile: dead',
  ])
    expect(shown.output).toContain(part)

  const refused = await run(['redrive', 'test.fragile', '--all'])
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.output).toMatch(/There is nobody to ask here: add --yes/)
  expect(await inProcess(['redrive', 'test.fragile', '--all', '--json'])).toMatchObject({ code: 2 })
  expect(await count('dead')).toBe(3)
  const planned = await inProcess([
    'redrive',
    'test.fragile',
    '--group',
    group!.fingerprint,
    '--dry-run',
    '--rate',
    '1/s',
  ])
  expect(planned.output).toMatch(/3 dead letters of test\.fragile would be redriven; nothing is sent/)

  const halted = await inProcess(['redrive', 'test.fragile', '--all', '--yes', '--canary', '1', '--as', 'grace'])
  expect(halted).toMatchObject({ code: 1 })
  expect(halted.output).toMatch(/Halted: 1 of 3 sent/)
  broken = false
  const redriven = await inProcess([
    'redrive',
    'test.fragile',
    '--all',
    '--yes',
    '--canary',
    '1',
    '--reason',
    'unlocked',
  ])
  expect(redriven).toMatchObject({ code: 0 })
  expect(redriven.output).toMatch(/3 handled · 0 dead again/)
  expect(handled).toHaveLength(3)

  const actions = await runJson('history')
  expect(actions).toMatchObject([
    { action: 'redrive', outcome: 'done', reason: 'unlocked', result: { handled: 3 } },
    { action: 'redrive', outcome: 'halted', operator: 'grace', result: { deadAgain: 1 } },
  ])
}, 120_000)

test('mistakes are one sentence that says what to do', async () => {
  system = await testSystem([fragile])
  const mistakes: [args: string[], sentence: RegExp][] = [
    [['show', 'test.nobody'], /^No reaction is called test\.nobody\. There are: test\.fragile\.$/],
    [['groups', 'nobody'], /^No reaction is called nobody\. There are: test\.fragile\.$/],
    [['show', 'test.fragile', '--id', '7'], /^'7' is not an id/],
    [['redrive', 'test.fragile'], /^Say which ones are meant/],
    [['redrive', 'test.fragile', '--older', '5'], /needs a unit/],
    [['retry', 'test.fragile', '--id', uuidv7()], /^Nothing was changed: \S+ is no delivery of test\.fragile\.$/],
    [['edit', uuidv7()], /^There is no dead letter /],
    [['discard', 'test.fragile', '--all'], /required option '--reason/],
    [['redrvie', 'test.fragile'], /Did you mean redrive\?/],
  ]
  for (const [args, sentence] of mistakes) {
    const { code, output } = await inProcess(args)
    expect(output.trim()).toMatch(sentence)
    expect(output).not.toMatch(/^ +at /m)
    expect(code).toBe(2)
  }
}, 120_000)

test('an edit repairs the data, shows what it changes and has the event delivered', async () => {
  system = await testSystem([screenOrder])
  const events = await record(system, anOrderPlaced())
  await system.settled()
  await system.stopReactions() // a second copy of the message would resolve the dead letter
  const { id: eventId } = events[0]!
  await system.db.handledEvent.deleteMany({ where: { eventId } })
  const error = { errorName: 'Error', errorMessage: 'no', fingerprint: 'f', failedAt: new Date() }
  const id = uuidv7()
  await system.db.delivery.create({
    data: { id, reaction: screenOrder.name, eventId, state: 'dead', reason: 'unrecoverable', ...error },
  })
  const still = await inProcess(['edit', id, '--set', '/total/amount=some', '--yes'])
  expect(still).toMatchObject({ code: 2 })
  expect(still.output).toMatch(/do not fit its schema: \/total\/amount/)
  expect((await inProcess(['edit', id, '--file', 'nowhere.json', '--yes'])).output).toMatch(
    /^The file nowhere\.json cannot be read: ENOENT/,
  )
  await system.run(screenOrder)
  const edited = await inProcess(['edit', id, '--set', '/total/amount=2600', '--yes', '--reason', 'a typing mistake'])
  expect(edited.output).toMatch(/- \/total\/amount: \d+\n {2}\+ \/total\/amount: 2600\n/)
  expect(edited.output).toMatch(/1 handled · 0 dead again/)
  expect(edited).toMatchObject({ code: 0 })
  expect((await inProcess(['edit', id, '--set', '/total/amount=1', '--yes'])).output).toMatch(
    /is resolved; only dead letters/,
  )
}, 120_000)

test('discarded, restored, retried and held', async () => {
  system = await testSystem([fragile])
  await deadOrders(2)
  const discarded = await inProcess(['discard', 'test.fragile', '--all', '--reason', 'a test', '--yes'])
  expect(discarded.output).toMatch(/2 discarded, 0 resolved .*\n\nNext: .* restore test\.fragile/)
  expect(await inProcess(['restore', 'test.fragile', '--all', '--yes'])).toMatchObject({
    code: 0,
    output: expect.stringContaining('2 events of test.fragile restored'),
  })
  expect(await inProcess(['waiting'])).toMatchObject({ code: 0, output: 'Nothing waits.\n' })
  const dueAt = new Date(Date.now() + 600_000)
  await system.db.delivery.updateMany({ data: { state: 'retrying', dueAt } })
  expect((await inProcess(['waiting', 'test.fragile'])).output).toMatch(
    /order\.placed .* retrying +1 +in 10 min +Unrecoverable/,
  )
  expect((await inProcess(['waiting', '--limit', '1'])).output).toMatch(
    /test\.fragile +retrying +unrecoverable +\w+ +2 +in 10 min/,
  )
  expect(await inProcess(['hold', 'test.fragile', '--all', '--yes'])).toMatchObject({ code: 0 })
  expect(await count('held')).toBe(2)
  broken = false
  expect((await inProcess(['release', 'test.fragile', '--all', '--yes'])).output).toMatch(
    /^2 events of test\.fragile due now/,
  )
  await system.settled()
  expect(handled).toHaveLength(2)
}, 120_000)

test('killed in the middle, then called again: nothing is lost, nothing is handled twice', async () => {
  system = await testSystem([fragile])
  await deadOrders(300)
  broken = false
  const args = ['redrive', 'test.fragile', '--all', '--yes']
  const { child, ended } = await start([...args, '--rate', '20/s'])
  await deadline('some are handled', () => handled.length >= 10)
  child.kill('SIGKILL')
  expect(await ended).toMatchObject({ signal: 'SIGKILL' })
  const left = await count('dead')
  expect(left).toBeGreaterThan(0)
  const again = await runJson('redrive', 'test.fragile', '--all', '--yes')
  expect(again).toMatchObject({ total: left, sent: left, alreadyHandled: 0 })
  await deadline('every dead letter resolved', async () => (await count('resolved')) === 300)
  expect(new Set(handled).size).toBe(300)
  expect(handled).toHaveLength(300)
  const actions = await system.db.operatorAction.findMany({ orderBy: { id: 'asc' } })
  expect(actions.map(({ phase }) => phase)).toEqual(['begun', 'begun', 'finished'])
}, 120_000)

test('Ctrl-C finishes the batch under way and leaves the rest open', async () => {
  system = await testSystem([fragile])
  await deadOrders(60)
  broken = false
  const { child, ended } = await start(['redrive', 'test.fragile', '--all', '--yes', '--rate', '5/s'])
  await deadline('some are handled', () => handled.length >= 2)
  child.kill('SIGINT')
  const { code, output } = await ended
  expect(code).toBe(1)
  expect(output).toMatch(/Interrupted: \d+ of 60 sent/)
  expect(await count('dead')).toBeGreaterThan(0)
  expect(await count('dead')).toBe(60 - Number(/Interrupted: (\d+)/.exec(output)![1]))
}, 120_000)

test('watch tells each change on a line of its own', async () => {
  system = await testSystem([fragile])
  const { child, ended } = await start(['watch', '--every', '100ms'])
  let seen = ''
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  await deadOrders(2)
  await deadline('both are told', () => /test\.fragile {2}2 dead/.test(seen))
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 0 })
}, 120_000)
