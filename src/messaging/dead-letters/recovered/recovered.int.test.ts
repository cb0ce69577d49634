import {
  defineReaction,
  DependencyUnavailable,
  EVERY_REACTION,
  findRecoveries,
  pauseReaction,
  readHistory,
  redrive,
  redriveByPolicy,
  resumeReaction,
  retire,
  RetryLater,
  Unrecoverable,
} from '#messaging'
import { OrderPlaced } from '#events'
import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, deadline, killedAt, named, record, testSystem, type TestSystem } from '#testing'
import { compiledCommand } from '../../../../dev/processes/compiled.ts'

let system: TestSystem
/** What the gateway does. */
let gateway: 'works' | 'fails' | 'is busy' | 'is away' = 'works'
/** Orders of these customers fail whatever the gateway does. */
const broken = new Set<string>()

const charging = defineReaction({
  name: 'test.charging',
  dependency: 'test-gateway',
  on: OrderPlaced,
  retry: { attempts: 1 },
  async call({ data: { customer } }) {
    if (customer.name === 'refused') throw new Unrecoverable('no such account')
    if (gateway === 'is away') throw new DependencyUnavailable('the line is dead')
    if (gateway === 'is busy') throw new RetryLater(100, 'other refunds are under way')
    if (gateway === 'fails' || broken.has(customer.name)) throw new Error('500 Internal Server Error')
  },
  handle() {},
})

const policy = { canary: 2, rate: 1_000, haltAbove: 0.1, quietMs: 0, waitMs: 20_000 }
const byPolicy = (given = {}) =>
  redriveByPolicy({ db: system.db, instance: 'test', log: createLogger('test', 'silent') }, { ...policy, ...given })
const dead = () => system.db.delivery.count({ where: { state: 'dead' } })
const redriven = () => system.db.deliveryHistory.count({ where: { what: 'redriven' } })

beforeAll(async () => {
  system = await testSystem([charging])
})
afterAll(() => system.close())
beforeEach(async () => {
  gateway = 'works'
  broken.clear()
  await system.db.$executeRaw`UPDATE deliveries SET state = 'discarded', due_at = NULL`
  await system.db.$executeRaw`TRUNCATE delivery_history, breakers`
})

/** So many dead letters of a time when the gateway failed for everybody, which is over, and one of somebody who is refused. */
async function anOutage(letters: number, name = 'Ada') {
  const orders = (count: number, customer: string) =>
    record(system, ...Array.from({ length: count }, () => anOrderPlaced({ customer: named(customer) })))
  const before = await dead()
  await orders(1, 'refused')
  await deadline('one is refused', async () => (await dead()) === before + 1)
  gateway = 'fails'
  await orders(letters, name) // too few to tell, so they are given up
  await deadline('they are dead', async () => (await dead()) === before + letters + 1)
  await orders(40, 'Ada')
  const open = () => system.db.breaker.count({ where: { closedAt: null } })
  await deadline('the breaker is open', async () => (await open()) > 0)
  gateway = 'works'
  await system.settled()
  await deadline('it is closed', async () => (await open()) === 0)
}

/** By probes, and by the batch that showed the outage, a few more are given up. */
const lettersLeft = async () => (await findRecoveries(system.db))[0]?.letters ?? 0

test('what an outage has left is one offer, and the policy redrives it', async () => {
  await anOutage(10)
  const letters = (await dead()) - 1 // of whom is refused the gateway is not the cause
  expect(letters).toBeGreaterThanOrEqual(10)
  const [offer] = await findRecoveries(system.db)
  expect(offer).toMatchObject({ dependency: 'test-gateway', reactions: ['test.charging'], letters, untried: letters })
  expect(offer).toMatchObject({ isBack: true, stopped: null })
  expect(await byPolicy({ quietMs: 3_600_000 })).toEqual([]) // it may come and go
  const operating = { db: system.db, operator: 'ada' }
  await pauseReaction(operating, { reaction: charging.name })
  expect(await byPolicy()).toEqual([]) // nobody would take them, and a canary of them would halt all
  const every = { recovered: 'test-gateway' }
  expect(await redrive(operating, EVERY_REACTION, every, { waitMs: 0 })).toMatchObject({
    outcome: 'done',
    total: 0,
    sent: 0,
  })
  await resumeReaction(operating, { reaction: charging.name })
  const done = { dependency: 'test-gateway', outcome: 'done', sent: letters, handled: letters, deadAgain: 0 }
  expect(await byPolicy()).toMatchObject([done])
  expect(await dead()).toBe(1)
  expect(await findRecoveries(system.db)).toEqual([])
  const [action] = await readHistory(system.db)
  expect(action).toMatchObject({ operator: 'policy', action: 'redrive', reaction: '', outcome: 'done' })
  expect(action!.reason).toMatch(/^test-gateway was away from .* and works again$/)
})

test('a letter is redriven by the policy once in its life, and too many failures stop it', async () => {
  await anOutage(12, 'broken')
  const letters = await lettersLeft()
  broken.add('broken')
  expect(await byPolicy()).toMatchObject([{ outcome: 'halted', sent: 2, deadAgain: 2 }])
  const [offer] = await findRecoveries(system.db)
  expect(offer).toMatchObject({
    untried: letters - 2,
    stopped: expect.stringMatching(/^2 of 2 failed/),
  })
  expect(await byPolicy()).toEqual([]) // an operator has to look
  broken.clear()
  await anOutage(5) // the next one ends the halt, but not for those two
  expect((await byPolicy())[0]).toMatchObject({ outcome: 'done', deadAgain: 0 })
  expect(await dead()).toBe(2 + 2)
  const twice = await system.db.deliveryHistory.groupBy({
    by: ['deliveryId'],
    where: { what: 'redriven' },
    _count: true,
  })
  expect(twice.filter(({ _count }) => _count > 1)).toEqual([])
})

test('a reaction that is paused meanwhile interrupts the policy, which goes on when it is resumed', async () => {
  await anOutage(8)
  await system.stopReactions()
  const letters = await lettersLeft()
  const operating = { db: system.db, operator: 'ada' }
  const underWay = byPolicy({ deadlineMs: 300 })
  await deadline('the canary is sent', async () => (await redriven()) === 2)
  await pauseReaction(operating, { reaction: charging.name })
  expect(await underWay).toMatchObject([{ outcome: 'interrupted', sent: 2 }])
  expect((await readHistory(system.db, { action: 'redrive' }))[0]!.result).toMatchObject({
    why: '2 messages wait until an operator resumes test.charging.',
  })
  expect(await findRecoveries(system.db)).toMatchObject([{ letters: letters - 2, untried: 0, stopped: null }])
  expect(await byPolicy()).toEqual([])
  await resumeReaction(operating, { reaction: charging.name })
  await system.run(charging)
  expect(await byPolicy()).toMatchObject([{ outcome: 'done', sent: letters - 2, deadAgain: 0 }])
  await system.settled()
  expect(await findRecoveries(system.db)).toEqual([])
})

test.each([
  ['is busy', 'other refunds are under way'],
  ['is away', 'DependencyUnavailable: the line is dead'],
] as const)('a canary while the gateway %s interrupts the policy, which says why, and goes on', async (then, why) => {
  await anOutage(8)
  const letters = await lettersLeft()
  gateway = then
  expect(await byPolicy({ deadlineMs: 2_000 })).toMatchObject([{ outcome: 'interrupted', sent: 2, deadAgain: 0 }])
  expect((await readHistory(system.db, { action: 'redrive' }))[0]!.result).toMatchObject({
    why: `2 messages wait, and test.charging looks again by itself (${why}).`,
  })
  gateway = 'works'
  const goneOn = await deadline('it goes on', async () => (await byPolicy())[0])
  expect(goneOn).toMatchObject({ outcome: 'done', sent: letters - 2, deadAgain: 0 })
  await system.settled()
  expect(await findRecoveries(system.db)).toEqual([])
})

test('killed in the middle, two at once, and beside an operator: each letter is redriven once', async () => {
  await anOutage(15)
  await system.stopReactions()
  const letters = await lettersLeft()
  const atAnyLetter = `CREATE TRIGGER gate BEFORE INSERT ON delivery_history FOR EACH ROW
    WHEN (NEW.what = 'redriven') EXECUTE FUNCTION gate()`
  const command = ['dead-letters', 'recovered', 'test-gateway', '--yes', '--rate', '5/s']
  await killedAt(system, atAnyLetter, await compiledCommand(...command))
  const underWay = await system.db.delivery.count({ where: { state: 'retrying' } })
  expect(await redriven()).toBe(underWay) // the statement at hand is done or not done
  expect((await readHistory(system.db))[0]).toMatchObject({ action: 'redrive', outcome: null })
  const all = [byPolicy({ canary: 0, haltAbove: 1 }), byPolicy({ canary: 0, haltAbove: 1 })]
  const operator = redrive({ db: system.db, operator: 'ada' }, charging.name, { all: true }, { rate: 100, waitMs: 0 })
  await system.run(charging)
  await Promise.all([...all, operator])
  await system.settled()
  const perLetter = await system.db.deliveryHistory.groupBy({
    by: ['deliveryId'],
    where: { what: 'redriven' },
    _count: true,
  })
  expect(perLetter.filter(({ _count }) => _count > 1)).toEqual([])
  expect(perLetter.length).toBeGreaterThanOrEqual(letters)
  expect(await system.db.delivery.count({ where: { state: 'resolved' } })).toBe(letters)
})

test('what nobody is subscribed to any more is left alone', async () => {
  await anOutage(4)
  await system.stopReactions()
  await retire(system, charging.name, OrderPlaced.type)
  expect(await findRecoveries(system.db)).toMatchObject([{ letters: await lettersLeft(), untried: 0 }])
  expect(await byPolicy()).toEqual([]) // otherwise each look would be an action that does nothing
})
