import { defineReaction, findStuck, subscribe, Unrecoverable } from '#messaging'
import { OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'

let system: TestSystem
afterEach(() => system.close())

const kinds = async (options = {}) =>
  (await findStuck(system.db, options)).map(({ kind, reaction, conversations }) => [kind, reaction, conversations])

test('a failed attempt shows at once, grouped by cause, with its next try', async () => {
  const failing = defineReaction({
    name: 'test.failing',
    on: OrderPlaced,
    handle({ data }) {
      if (data.payment.token === 'never') throw new Unrecoverable('card 4711 is closed')
      throw new Error(`no answer for order ${data.orderId}`)
    },
  })
  system = await testSystem([failing], { retryDelays: [60_000] })
  const tokens = ['never', 'never', 'again', 'again', 'again']
  await record(system, ...tokens.map((token) => anOrderPlaced({ payment: { token } })))
  await deadline('all five have failed', async () => (await system.db.delivery.count()) === 5)
  const causes = await findStuck(system.db)
  expect(causes).toHaveLength(2)
  expect(causes).toContainEqual(
    expect.objectContaining({ kind: 'dead', reaction: 'test.failing', conversations: 2, attempts: 1 }),
  )
  expect(causes).toContainEqual(
    expect.objectContaining({
      kind: 'retrying',
      conversations: 3,
      nextAt: expect.any(Date),
      example: expect.any(String),
    }),
  )
  await system.db.delivery.updateMany({ where: { state: 'dead' }, data: { state: 'discarded' } })
  expect(await kinds()).toEqual([
    ['retrying', 'test.failing', 3],
    ['discarded', 'test.failing', 2],
  ])
})

test('a reaction that nobody runs, and a relay that does not publish, are told', async () => {
  const nobody = defineReaction({ name: 'test.nobody', on: OrderPlaced, handle: () => {} })
  system = await testSystem([])
  await subscribe(system.db, [nobody])
  await record(system, anOrderPlaced())
  await deadline('published', async () => (await system.db.relayCheckpoint.findFirst())?.position === 1n)
  expect(await kinds()).toEqual([])
  expect(await kinds({ patienceMs: 0 })).toEqual([['waiting', 'test.nobody', 1]])
  await system.db.relayCheckpoint.updateMany({ data: { position: 0n } })
  expect(await kinds({ patienceMs: 0 })).toEqual([['unpublished', null, 1]])
})
