import { DependencyUnavailable, defineReaction, readOpenBreakers, subscribe } from '#messaging'
import { OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem, named } from '#testing'
import { pausedReactions } from '../../metrics.ts'

let system: TestSystem
afterEach(() => system.close())

const isPaused = async (reaction: string) =>
  (await pausedReactions.get()).values.some(({ labels, value }) => labels['reaction'] === reaction && value === 1)
const orders = (count: number) => Array.from({ length: count }, () => anOrderPlaced())

test.each([
  ['says it is unavailable', () => new DependencyUnavailable('connection refused')],
  ['fails for everybody', () => new Error('500 Internal Server Error')],
])(
  'a dependency that %s opens the breaker: attempts are spared, other reactions go on, all is handled afterwards',
  async (kind, error) => {
    let down = true
    const name = kind.includes('everybody') ? 'test.fails' : 'test.away'
    const calling = defineReaction({
      name,
      on: OrderPlaced,
      lingerMs: 2_000, // so that the first batch is large enough to tell
      retry: { attempts: 4 },
      async call() {
        if (down) throw error()
      },
      handle() {},
    })
    const other = defineReaction({ name: 'test.other', on: OrderPlaced, handle() {} })
    system = await testSystem([other])
    await subscribe(system.db, [calling])
    await record(system, ...orders(60))
    await deadline(
      'the other reaction is done',
      async () => (await system.db.handledEvent.count({ where: { reaction: 'test.other' } })) === 60,
    )
    const queued = () => system.broker.depth(system.names.queue(name))
    await deadline('all are queued', async () => (await queued()) === 60)
    await system.run(calling)
    await deadline('paused', () => isPaused(name))
    await deadline('told why', async () => (await readOpenBreakers(system.db)).length === 1)
    const cause = `${error().name}: ${error().message}`
    expect(await readOpenBreakers(system.db)).toMatchObject([{ reaction: name, cause, processes: 1 }])
    expect(await system.db.handledEvent.count({ where: { reaction: name } })).toBe(0)
    down = false
    await system.settled()
    expect(await system.db.delivery.count({ where: { state: 'dead' } })).toBe(0)
    expect(await system.db.deliveryHistory.count({ where: { reaction: name } })).toBeLessThan(20)
    expect(await system.db.handledEvent.count({ where: { reaction: name } })).toBe(60)
    await deadline('no longer paused', async () => !(await isPaused(name)))
    await deadline('told', async () => (await readOpenBreakers(system.db)).length === 0)
  },
)

test('messages that fail by themselves do not hold others for ever', async () => {
  const picky = defineReaction({
    name: 'test.picky',
    on: OrderPlaced,
    retry: { attempts: 1 },
    async call({ data }) {
      if (data.customer.name === 'bad') throw new Error('no such account')
    },
    handle() {},
  })
  system = await testSystem([picky])
  await record(system, ...Array.from({ length: 25 }, () => anOrderPlaced({ customer: named('bad') })), ...orders(5))
  await deadline('the good ones are handled', async () => (await system.db.handledEvent.count()) === 5)
})

test('a call that hangs holds up only its own batch', async () => {
  let letGo = () => {}
  const answered = new Promise<void>((resolve) => (letGo = resolve))
  const slow = defineReaction({
    name: 'test.slow',
    on: OrderPlaced,
    batchSize: 10,
    callTimeoutMs: 60_000,
    async call({ data }) {
      if (data.customer.name === 'hangs') await answered
    },
    handle() {},
  })
  system = await testSystem([slow])
  await record(system, anOrderPlaced({ customer: named('hangs') }), ...orders(99))
  const others = async () => (await system.db.handledEvent.count()) >= 90
  await deadline('the others are handled', others).finally(letGo)
})
