import { setTimeout as wait } from 'node:timers/promises'
import { deadline } from '#testing'
import { openBooks, placeOrders, type Books } from '../customers/customers.ts'
import { createDice } from '../dice.ts'
import { recordEvents } from './event-recorder.ts'
import { queueMajorityLost } from './queue-majority-lost.ts'
import { releases } from './releases/scenario.ts'
import { releaseOrphans } from '../promises/run-audit.ts'
import { all, atMost, percentile, place, seconds, untilSettled, type Scenario } from './stage.ts'
import type { Kept } from '../promises/kept.ts'
import { verify } from '../promises/verify.ts'
import { API_KEY } from '../shop/shop.ts'
import type { World } from '../subject.ts'

export const SCENARIOS = {
  'rabbitmq-down': {
    summary: 'RabbitMQ away for a minute while orders come in',
    async play(world, stage) {
      const { services } = world
      await place(stage, 200, 20)
      const before = percentile(stage.books.latencies, 0.99)
      await services.stop('rabbitmq', 'SIGKILL')
      const accepted = await place(stage, 1_200, 20)
      const during = percentile(stage.books.latencies.slice(200), 0.99)
      await services.start('rabbitmq')
      const { ms, settled } = await untilSettled(world)
      stage.say(
        `1,200 orders in 60 s without RabbitMQ: ${accepted} answered 202, p50 ${Math.round(percentile(stage.books.latencies.slice(200), 0.5))} ms, p99 ${Math.round(during)} ms (before: p99 ${Math.round(before)} ms); drained ${seconds(ms)} after it was back`,
      )
      return [
        all('every order is answered 202', accepted, 1_200),
        atMost('in normal time', during, Math.max(250, 3 * before)),
        settled,
      ]
    },
  },
  'postgres-down': {
    summary: 'PostgreSQL away, and then silent',
    async play(world, stage) {
      const { services, processes, network } = world
      await place(stage, 50, 20)
      const pid = processes.pidOf('api')
      const promises: Kept[] = []
      const refuseFor = async (what: string, askFor: number) => {
        const answers = await Promise.all(
          Array.from({ length: askFor }, (_, i) => wait(i * 200).then(() => refusal(world, stage.books))),
        )
        const slowest = Math.max(...answers.map(({ ms }) => ms))
        stage.say(`${what}: ${answers.length} requests, slowest answer ${Math.round(slowest)} ms`)
        promises.push(
          all(`${what}: a 503 problem with Retry-After`, answers.filter(({ good }) => good).length, askFor),
          atMost(`${what}: within 2 s`, slowest, 2_000),
        )
      }
      await services.stop('postgres', 'SIGTERM')
      await refuseFor('PostgreSQL stopped', 40)
      const began = performance.now()
      await services.start('postgres')
      await deadline('an order is accepted again', () => stage.books.ask(stage.books.come()), {
        within: 30_000,
        every: 100,
      })
      stage.say(`accepts orders again ${seconds(performance.now() - began)} after PostgreSQL was told to start`)
      for (const { proxy } of network.links('postgres', 'api')) proxy.blackHole()
      await refuseFor('PostgreSQL silent', 40)
      network.heal()
      const healed = performance.now()
      await deadline('an order is accepted again', () => stage.books.ask(stage.books.come()), {
        within: 30_000,
        every: 100,
      })
      stage.say(`accepts orders again ${seconds(performance.now() - healed)} after the wire was whole`)
      const { settled } = await untilSettled(world)
      const lived = processes.pidOf('api') === pid
      return [
        ...promises,
        { promise: 'the API lives through it', broken: lived ? [] : ['it was started again'] },
        settled,
      ]
    },
  },
  'redis-down': {
    summary: 'Redis away while orders come in',
    async play(world, stage) {
      await world.services.stop('redis', 'SIGKILL')
      const accepted = await place(stage, 400, 20)
      const { ms, settled } = await untilSettled(world)
      await world.services.start('redis')
      stage.say(
        `400 orders without Redis: ${accepted} answered 202, p99 ${Math.round(percentile(stage.books.latencies, 0.99))} ms; settled ${seconds(ms)} after the last`,
      )
      return [all('every order is answered 202', accepted, 400), settled]
    },
  },
  'api-killed': {
    summary: 'kill -9 of the API with 8 requests in flight, 20 times',
    async play(world, stage) {
      const dice = createDice(stage.seed)
      let answered = 0
      for (let round = 0; round < 20; round++) {
        await stage.books.ask(stage.books.come()) // a process that has just begun is slow to answer
        let back = 0
        const asked = Array.from({ length: 8 }, () => stage.books.ask(stage.books.come()).finally(() => back++))
        const enough = dice.between(0, 6)
        await deadline('so many are answered', () => back > enough, { within: 5_000, every: 1 })
        await world.processes.kill('api', 0)
        answered += (await Promise.all(asked)).filter(Boolean).length
        await deadline(
          'the API is back',
          () =>
            fetch(`${world.apiUrl}/readyz`).then(
              ({ ok }) => ok,
              () => false,
            ),
          { within: 30_000 },
        )
      }
      const { settled } = await untilSettled(world)
      const known = new Set(stage.books.customers.flatMap(({ orderIds }) => [...orderIds]))
      const stored = await world.database.db.order.findMany({ select: { id: true } })
      const silent = stored.filter(({ id }) => !known.has(id)).length
      stage.say(
        `160 requests under way, ${answered} answered; ${silent} of the others were stored, whole; every one of the rest left nothing`,
      )
      return [settled]
    },
  },
  'relay-frozen': {
    summary: 'the active relay frozen for 10 s under load, then thawed, 3 times',
    async play(world, stage) {
      const recorder = await recordEvents(world)
      const placing = placeOrders(stage.books, 1_200, 60_000)
      const gaps: number[] = []
      for (let round = 0; round < 3; round++) {
        await wait(6_000)
        const name = (await world.activeRelay()) ?? 'relay 1'
        const frozenAt = performance.now()
        const frozen = world.processes.freeze(name, 10_000)
        await wait(100) // what had left it before
        const heard = await deadline('the other relay publishes', () => recorder.since(frozenAt + 100), {
          within: 15_000,
          every: 5,
        })
        gaps.push(heard - frozenAt)
        await frozen
      }
      await placing
      const { settled } = await untilSettled(world)
      const { missing, outOfOrder, repeated, seen } = await recorder.check()
      await recorder.close()
      stage.say(
        `takeover after ${gaps.map(seconds).join(', ')}; ${seen} events at a queue on everything, ${repeated} of them more than once`,
      )
      return [
        atMost('another relay takes over in less than 5 s', Math.max(...gaps), 5_000),
        { promise: 'no event is missing at the queue', broken: missing },
        { promise: 'first occurrences come in order within an order', broken: outOfOrder },
        settled,
      ]
    },
  },
  'broker-wiped': {
    summary: 'RabbitMQ wiped and Redis flushed with the messages of 1,000 orders in its queues',
    async play(world, stage) {
      const { services, processes, database } = world
      const workers = processes.names('worker')
      const release = workers.map((name) => processes.hold(name))
      await place(stage, 1_000, 100)
      await deadline('all are published', async () => (await unrelayed(world)) === 0, { within: 60_000, every: 100 })
      await services.stop('rabbitmq', 'SIGKILL')
      await services.wipe('rabbitmq')
      await services.flushRedis()
      for (const letGo of release) letGo()
      const open = await database.db.order.count({ where: { status: 'placed' } })
      await services.start('rabbitmq')
      const { ms, settled } = await untilSettled(world)
      stage.say(`${open} orders were under way; all at their end ${seconds(ms)} after RabbitMQ was back, empty`)
      return [settled, atMost('in less than 60 s after the services are back', ms, 60_000)]
    },
  },
  'failover-synchronous': {
    summary: 'PostgreSQL fails over to a synchronous standby while orders come in',
    paired: true,
    async play({ replicated, ...world }, stage) {
      await replicated!.synchronous()
      const placing = place(stage, 600, 20)
      await wait(15_000)
      await replicated!.failOver()
      const accepted = await placing
      const { ms, settled } = await untilSettled(world)
      stage.say(`${accepted} of 600 orders answered 202; settled ${seconds(ms)} after the last`)
      return [settled]
    },
  },
  'failover-asynchronous': {
    summary: 'PostgreSQL fails over to a standby that lacks the commits of the last seconds',
    paired: true,
    mayLose: true,
    async play({ replicated, ...world }, stage) {
      const placing = place(stage, 600, 20)
      await wait(12_000)
      await replicated!.disconnect()
      await wait(3_000)
      await replicated!.failOver()
      await placing
      const { ms, settled } = await untilSettled(world)
      const known = stage.books.customers.flatMap(({ orderIds }) => [...orderIds])
      const found = await world.database.db.order.count({ where: { id: { in: known } } })
      const env = { DATABASE_URL: world.urls.postgres, PAYMENT_GATEWAY_URL: world.gatewayUrl }
      const refused = await releaseOrphans(env)
      const strangers = { state: 'dead', reason: 'not-in-store' }
      const { count } = await world.database.db.delivery.updateMany({ where: strangers, data: { state: 'discarded' } })
      stage.say(
        `${known.length - found} orders were answered and are gone with the primary; ${count} messages told of them and had no effect; settled ${seconds(ms)} after the last`,
      )
      return [
        settled,
        { promise: 'what was held for orders that are gone is given back by a command', broken: refused },
        { promise: 'commits were lost at all', broken: known.length > found ? [] : ['none was'] },
      ]
    },
  },
  'node-killed': {
    summary: 'each node of a RabbitMQ cluster of three killed in turn while orders come in',
    clustered: true,
    async play({ cluster, ...world }, stage) {
      const placing = place(stage, 1_200, 20)
      for (const node of [1, 2, 3]) {
        await wait(6_000)
        await cluster!.kill(node)
        await wait(6_000)
        await cluster!.start(node)
      }
      const accepted = await placing
      const { ms, settled } = await untilSettled(world)
      stage.say(
        `1,200 orders while three nodes were killed one after the other: ${accepted} answered 202, p99 ${Math.round(percentile(stage.books.latencies, 0.99))} ms; settled ${seconds(ms)} after the last`,
      )
      return [all('every order is answered 202', accepted, 1_200), settled]
    },
  },
  'queue-majority-lost': queueMajorityLost,
  releases,
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS
export function needs(name: ScenarioName): { clustered: boolean; paired: boolean } {
  const { clustered = false, paired = false }: Scenario = SCENARIOS[name]
  return { clustered, paired }
}
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[]

/** What cannot hold where commits were lost: the world outside remembers them. Their events are dead letters, `not-in-store`. */
const BROKEN_BY_LOSS =
  /^every order answered|^an order never answered|^every customer has one|^a cancellation|^no message was given up|^mails|^money/

/** Plays one scenario, and then holds all books together. */
export async function playScenario(world: World, name: ScenarioName, seed: number, say: (line: string) => void) {
  const apiUrls = [world.apiUrl]
  const books = openBooks({ apiUrls, apiKey: API_KEY, seed })
  const promises = await SCENARIOS[name].play(world, { books, apiUrls, seed, say })
  const { mayLose = false }: Scenario = SCENARIOS[name]
  const kept = await verify(world, books)
  if (!mayLose) return [...promises, ...kept]
  const stillOwed = kept.filter(({ promise }) => !BROKEN_BY_LOSS.test(promise))
  return [...promises, ...stillOwed.map(({ promise, broken }) => ({ promise, broken: withoutLostMails(broken) }))]
}

/** A mail that was under way when its event was lost is in the journal, beside that of the event which took its place. */
function withoutLostMails(lines: readonly string[]): string[] {
  let isOfMails = false
  return lines.filter((line) => {
    if (line.startsWith('BROKEN')) isOfMails = line.includes('one-mail-per-occasion')
    return !isOfMails
  })
}

async function refusal({ apiUrl }: World, books: Books): Promise<{ ms: number; good: boolean }> {
  const started = performance.now()
  const response = await fetch(`${apiUrl}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: books.come().wish.body,
    signal: AbortSignal.timeout(20_000),
  })
  await response.arrayBuffer()
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
  const good = response.status === 503 && isProblem && Number(response.headers.get('retry-after')) > 0
  return { ms: performance.now() - started, good }
}

async function unrelayed({ database }: World): Promise<number> {
  const [row] = await database.db.$queryRaw<{ open: number }[]>`
    SELECT count(*)::int AS open FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)`
  return row!.open
}
