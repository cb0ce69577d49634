import { DependencyUnavailable, defineReaction, readOpenBreakers, type AnyEventType } from '#messaging'
import { OrderCancelled, OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'

let system: TestSystem
afterEach(() => system.close())

/** What the gateway answers to each of its callers; nothing: it works. */
const answers = new Map<string, () => Error>()
const called: string[] = []

const calling = (name: string, { dependency = 'test-gateway', on = [OrderPlaced] as readonly AnyEventType[] } = {}) =>
  defineReaction({
    name,
    dependency,
    on,
    retry: { attempts: 4 },
    async call() {
      called.push(name)
      const error = answers.get(name)?.()
      if (error) throw error
    },
    handle() {},
  })

const away = () => new DependencyUnavailable('the gateway: connection refused')
const paused = async () => (await readOpenBreakers(system.db)).map(({ reaction }) => reaction).toSorted()
const opened = (...names: string[]) =>
  deadline(`open: ${names.join(', ') || 'none'}`, async () => (await paused()).join() === names.join())

beforeEach(() => {
  answers.clear()
  called.length = 0
})

test('reactions that need the same open together, and close when one of them has reached it', async () => {
  // One gets no message: of the outage and of its end it can know from the other alone.
  const [asking, idle] = [calling('test.asking'), calling('test.idle', { on: [OrderCancelled] })]
  const elsewhere = calling('test.mail', { dependency: 'test-mail' })
  answers.set(asking.name, away)
  system = await testSystem([asking, idle, elsewhere])
  await record(system, anOrderPlaced())
  await opened('test.asking', 'test.idle')
  answers.clear()
  await system.settled()
  await opened()
  expect(called).not.toContain('test.idle')
  const rows = await system.db.breaker.findMany({ orderBy: { reaction: 'asc' } })
  expect(rows).toMatchObject([
    { reaction: 'test.asking', dependency: 'test-gateway', recovered: true },
    { reaction: 'test.idle', dependency: 'test-gateway', recovered: true },
  ])
})

test('what fails for one of them alone holds up that one alone, and its attempts are used up', async () => {
  const [broken, fine] = [calling('test.broken'), calling('test.fine')]
  answers.set(broken.name, () => new Error('500 at this address'))
  system = await testSystem([broken, fine])
  await record(system, ...Array.from({ length: 30 }, () => anOrderPlaced()))
  const handled = () => system.db.handledEvent.count({ where: { reaction: fine.name } })
  await deadline('the other goes on', async () => (await handled()) === 30)
  await deadline('attempts are used up', async () => (await system.db.deliveryHistory.count()) >= 3)
  expect(await system.db.delivery.findFirst()).toMatchObject({ reaction: broken.name, dependency: 'test-gateway' })
  expect(await system.db.delivery.count({ where: { reaction: fine.name } })).toBe(0)
})
