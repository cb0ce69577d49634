import { spawn } from 'node:child_process'
import { keepReservations, receiveStock } from '#domains/inventory'
import { createGateway, keepPayments, paymentOf } from '#domains/payment'
import { DependencyUnavailable } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { testDatabase, type TestDatabase } from '#testing'
import { compiledCommand } from '../../../dev/processes/compiled.ts'
import { startGateway, type RunningGateway } from '../../../sandbox/payment-gateway/server.ts'
import { anOrder, MUG, testApi, type TestApi } from '../../testing/api.ts'
import { audit, findOrphans, isBroken, releaseOrphans } from '../index.ts'

let database: TestDatabase
let running: RunningGateway
let api: TestApi
beforeEach(async () => {
  database = await testDatabase()
  running = await startGateway({ port: 0 })
  api = await testApi(database)
  await receiveStock(database.db, [{ sku: MUG.sku, quantity: 10 }])
})
afterEach(async () => {
  await api.close()
  await running.close()
  await database.close()
})

const amount = { amount: 2_500, currency: 'GBP' }
const signal = () => AbortSignal.timeout(30_000)

/** Money that is held as authorize-payment asks for it, and nothing else. */
async function held(orderId = uuidv7()) {
  const key = { idempotencyKey: `authorize:${orderId}`, signal: signal() }
  const asked = { amount, token: 'pm_card_visa', reference: orderId }
  const answer = await createGateway(running.url).authorize(asked, key)
  if (!answer.ok) throw new Error(answer.detail)
  return { orderId, authorizationId: answer.authorizationId }
}

const stateOf = async (authorizationId: string) =>
  ((await (await fetch(`${running.url}/v1/authorizations/${authorizationId}`)).json()) as { state: string }).state

const book = (orderId: string, authorizationId: string) =>
  database.db.$transaction((tx) =>
    keepPayments(tx, [orderId], new Date(), () => ({ facts: [{ kind: 'authorized', authorizationId, amount }] })),
  )

const reserve = (orderId: string) =>
  database.db.$transaction((tx) =>
    keepReservations(tx, [{ kind: 'placed', orderId, lines: [{ sku: MUG.sku, quantity: 2 }] }], new Date()),
  )

/** An order that was accepted and whose money and goods have just been set aside. */
async function underWay() {
  const { body } = await api.place(anOrder())
  const orderId = body.id as string
  await book(orderId, (await held(orderId)).authorizationId)
  await reserve(orderId)
  return orderId
}

/** Projections are not built here; nothing else may be left out. */
const broken = async () =>
  (await audit(database.db, { gateway: createGateway(running.url) })).filter(
    (one) => isBroken(one) || (one.skipped && !one.skipped.includes('projection_')),
  )
const find = (graceMs = 0) => findOrphans(database.db, createGateway(running.url), { graceMs, gatewaySinceMs: 60_000 })
const release = async () => releaseOrphans(database.db, createGateway(running.url), await find())

test('what is held for orders that are gone is found, given back and booked; an order under way keeps its own', async () => {
  const living = await underWay()
  expect(await broken()).toEqual([])
  const [lost, taken, booked, reserved] = [await held(), await held(), await held(), uuidv7()]
  await createGateway(running.url).capture(taken.authorizationId, { idempotencyKey: 'capture', signal: signal() })
  await book(booked.orderId, booked.authorizationId)
  await reserve(reserved)

  const red = await broken()
  expect(red.map(({ invariant, count }) => `${invariant} ${count}`).toSorted()).toEqual([
    'gateway-agrees 2',
    'gateway-money-is-for-an-order 3',
    'payment-is-for-an-order 1',
    'reservation-is-for-an-order 1',
  ])
  const why = red
    .find(({ invariant }) => invariant === 'gateway-money-is-for-an-order')!
    .offenders.map((one) => one.why)
  expect(why.join()).toMatch(/The gateway holds 2500 GBP \(auth_.*has taken 2500 GBP .* there is no such order/)

  const released = await release()
  expect(released.map(({ what }) => what.replace(/ \(.*/, '')).toSorted()).toEqual([
    'put back 2 pieces',
    'refunded 2500 GBP',
    'voided 2500 GBP',
    'voided 2500 GBP',
  ])
  expect(await broken()).toEqual([])
  expect(await stateOf(lost.authorizationId)).toBe('voided')
  expect(await stateOf(taken.authorizationId)).toBe('refunded')
  expect(await paymentOf(database.db, lost.orderId)).toMatchObject({ status: 'voided', closed: true })
  const { authorizationId, status } = await paymentOf(database.db, living)
  expect([status, await stateOf(authorizationId!)]).toEqual(['authorized', 'authorized'])
  expect(await database.db.reservation.findMany({ where: { status: 'reserved' } })).toMatchObject([{ orderId: living }])
  expect(await release()).toEqual([])
})

test('what is younger than the grace period is left alone', async () => {
  await held()
  await reserve(uuidv7())
  expect(await find(60_000)).toMatchObject({ money: [], reservations: [] })
})

test('letting go that was broken off between the gateway and our books is finished', async () => {
  const { orderId, authorizationId } = await held()
  await book(orderId, authorizationId)
  await createGateway(running.url).void(authorizationId, {
    idempotencyKey: `void:${authorizationId}`,
    signal: signal(),
  })
  expect(await release()).toMatchObject([{ orderId, what: `voided 2500 GBP (${authorizationId})` }])
  expect(await broken()).toEqual([])
})

test('the order of a lost hold is asked for again under its key: nothing is held once more', async () => {
  const lost = await held()
  await release()
  expect((await held(lost.orderId)).authorizationId).toBe(lost.authorizationId)
  expect(await stateOf(lost.authorizationId)).toBe('voided')
})

test('a gateway that does not tell is no breach, and nothing is given back', async () => {
  const findings = await audit(database.db, { gateway: createGateway('http://127.0.0.1:1') })
  expect(findings.find(({ invariant }) => invariant === 'gateway-money-is-for-an-order')).toMatchObject({
    count: 0,
    skipped:
      'The payment gateway does not tell what it holds: The payment gateway cannot be reached: ECONNREFUSED (the gateway at http://127.0.0.1:1)',
  })
  await reserve(uuidv7())
  const looking = findOrphans(database.db, createGateway('http://127.0.0.1:1'), { graceMs: 0, gatewaySinceMs: 60_000 })
  await expect(looking).rejects.toThrow(DependencyUnavailable)
})

test('a database that does not tell is an error, and not the gateway', async () => {
  await held()
  await database.pool.query('ALTER TABLE orders RENAME TO gone')
  await expect(find()).rejects.toThrow('does not exist')
})

test('one that fails does not keep the others', async () => {
  const { orderId } = await held()
  const found = await find()
  const stranger = { ...found.money[0]!, orderId: uuidv7(), authorizationId: 'auth_unknown' }
  const released = await releaseOrphans(database.db, createGateway(running.url), {
    ...found,
    money: [stranger, ...found.money],
  })
  expect(released).toMatchObject([{ orderId: stranger.orderId, error: { name: 'Error' } }, { orderId }])
  expect(released[1]!.error).toBeUndefined()
})

describe('npm run audit -- --release', () => {
  async function run(...args: string[]) {
    const command = await compiledCommand('audit', '--release', ...args)
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      RABBITMQ_URL: 'amqp://127.0.0.1:1',
      PAYMENT_GATEWAY_URL: running.url,
    }
    const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return new Promise<{ code: number | null; output: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, output })),
    )
  }

  test('shows, acts when told to, and suspects the wrong database when it knows nothing of what is held', async () => {
    const { authorizationId } = await held()
    const looked = await run('--grace', '0s', '--dry-run')
    expect(looked).toMatchObject({
      code: 0,
      output: expect.stringContaining(`2500 GBP authorized (${authorizationId})`),
    })
    const suspected = await run('--grace', '0s', '--yes')
    expect(suspected).toMatchObject({ code: 2, output: expect.stringContaining('knows only 0 of the 1 orders') })
    await underWay()
    expect(await stateOf(authorizationId)).toBe('authorized')
    const done = await run('--grace', '0s', '--yes')
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining(`voided 2500 GBP (${authorizationId})`) })
    expect(await stateOf(authorizationId)).toBe('voided')
  })
})
