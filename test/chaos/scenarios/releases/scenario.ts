import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { runToEnd } from '../../../../dev/processes/run-to-end.ts'
import { PROJECT } from '../../../../dev/services/index.ts'
import type { Bookkeeping } from '../../customers/customers.ts'
import { programOf } from '../../world/processes.ts'
import { atMost, placeDuring, seconds, untilSettled, type Scenario, type Stage } from '../stage.ts'
import type { Kept } from '../../promises/kept.ts'
import type { World } from '../../subject.ts'
import { freeUrl } from '../../world/world.ts'
import { makeNextRelease, makeReleaseBefore, NEWLY_SUBSCRIBED, RETIRED } from './other-releases.ts'

const PER_SECOND = 20
/** Milliseconds for which old and new work side by side. */
const TOGETHER_MS = 4_000

/** A worker process is away while it is exchanged, on a busy machine for many seconds; reconciliation would take a minute. */
const LONGEST_MS = 45_000

/** Replicas of which one is exchanged first; then all others. */
const FIRST_CONSUMERS = ['order 1', 'inventory 1', 'payment 1']
const CONSUMERS = ['order 2', 'inventory 2', 'payment 2', 'analytics 1', 'notification 1', 'shipping 1']
const NEW_CONSUMER = 'insight 1'
const OLD_CONSUMER = 'loyalty 1'
/** It reads the new version and publishes the new type: after its readers, before those whom it reads. */
const BETWEEN = 'fraud 1'

export const releases: Scenario = {
  summary:
    'two releases, order.placed 1 and 2, exchanged to and fro under load: as it should be, back again, and producers first',
  async play(world, stage) {
    const [before, next] = [makeReleaseBefore(), makeNextRelease()]
    try {
      return await playWith({ before: before.folder, next: next.folder }, world, stage)
    } finally {
      await world.processes.stop(...world.processes.names('api', 'relay', 'scheduler', 'worker'))
      before.remove()
      next.remove()
    }
  },
}

async function playWith(
  { before, next }: Record<'before' | 'next', string>,
  world: World,
  stage: Stage,
): Promise<Kept[]> {
  const second = await freeUrl()
  const ports = { api: new URL(world.apiUrl).port, 'api 2': new URL(second).port }
  await world.deploy('api 2', before, { PORT: ports['api 2'] })
  stage.apiUrls.push(second)

  /** One API process gets no more requests, is exchanged, and is asked again, as behind a load balancer. */
  const exchangeApi = async (name: keyof typeof ports, folder: string) => {
    const url = `http://127.0.0.1:${ports[name]}`
    stage.apiUrls.splice(stage.apiUrls.indexOf(url), 1)
    await world.deploy(name, folder, { PORT: ports[name] })
    stage.apiUrls.push(url)
  }
  const producers = async (folder: string) => {
    await Promise.all([exchangeApi('api', folder), world.deploy('relay 1', folder)])
    await wait(TOGETHER_MS)
    await Promise.all([exchangeApi('api 2', folder), world.deploy('relay 2', folder)])
    await world.deploy('scheduler', folder)
  }
  const consumers = async (folder: string) => {
    await Promise.all(FIRST_CONSUMERS.map((name) => world.deploy(name, folder)))
    await wait(TOGETHER_MS)
    await Promise.all(CONSUMERS.map((name) => world.deploy(name, folder)))
    const [come, go] = folder === next ? [NEW_CONSUMER, OLD_CONSUMER] : [OLD_CONSUMER, NEW_CONSUMER]
    await world.deploy(come, folder)
    if (world.processes.pidOf(go) !== undefined) await world.processes.stop(go)
  }
  await producers(before)
  await world.deploy(BETWEEN, before)
  await consumers(before)
  const steps: Step[] = []
  const step = async (what: string, work: () => Promise<unknown>) => {
    const watched = watch(world)
    const { asked, answered } = await placeDuring(
      stage,
      PER_SECOND,
      work().then(() => wait(TOGETHER_MS)),
    )
    const seen = await watched.end()
    steps.push(seen)
    stage.say(
      `${what}: ${answered} of ${asked} orders answered 202; ${seen.waited} deliveries waited for the newer release at most, the longest of all took ${seconds(seen.longestMs)}`,
    )
  }
  await step('consumers first', async () => {
    await consumers(next)
    await world.deploy(BETWEEN, next)
    await producers(next)
  })
  await step('rolled back', async () => {
    await producers(before)
    await world.deploy(BETWEEN, before)
    await consumers(before)
  })
  await step('producers first', async () => {
    await producers(next)
    await world.deploy(BETWEEN, next)
    await consumers(next)
  })
  await step('retired', () => retire(next, world))
  const { ms, settled } = await untilSettled(world)
  stage.say(`settled ${seconds(ms)} after the last`)
  return [settled, ...(await judge(steps, world, stage.books))]
}

interface Step {
  waited: number
  longestMs: number
}

async function judge(steps: readonly Step[], { database: { db } }: World, { answers }: Bookkeeping): Promise<Kept[]> {
  const [first, , wrong, retired] = steps
  const unanswered = answers['no answer'] ?? 0
  const versions = await db.event.groupBy({ by: ['version'], where: { type: 'order.placed' }, _count: true })
  const left = await db.delivery.groupBy({ by: ['reaction', 'state', 'reason'], _count: true })
  const others = { what: 'recovered', reaction: { notIn: NEWLY_SUBSCRIBED } }
  const recovered = await db.deliveryHistory.groupBy({ by: ['reaction'], where: others, _count: true })
  return [
    { promise: 'no request is left without an answer', broken: unanswered === 0 ? [] : [`${unanswered} were`] },
    atMost('consumers first: no delivery takes longer than 45 s', first!.longestMs, LONGEST_MS),
    atMost('a reaction that is retired delays nothing', retired!.longestMs, LONGEST_MS),
    {
      promise: 'consumers first: nothing waits for the newer release',
      broken: first!.waited === 0 ? [] : [`${first!.waited} did`],
    },
    {
      promise: 'producers first: what only the newer release understands waits for it',
      broken: wrong!.waited > 0 ? [] : ['nothing waited'],
    },
    {
      promise: 'orders were placed and paid in both versions of order.placed',
      broken:
        versions.length === 2 ? [] : versions.map(({ version, _count }) => `${_count} in version ${version} only`),
    },
    {
      promise: 'no payment token is left',
      broken: (await db.paymentToken.findMany()).map(({ orderId }) => `that of ${orderId} is`),
    },
    {
      promise: 'at the end nothing waits, and nothing was given up',
      broken: left.map(({ reaction, state, reason, _count }) => `${reaction}: ${_count} ${state}, ${reason}`),
    },
    {
      promise: 'nothing was taken for lost but what was published while somebody subscribed',
      broken: recovered.map(({ reaction, _count }) => `${reaction}: ${_count} events`),
    },
  ]
}

/** Retires what the newer release has no more, as an operator does. */
async function retire(next: string, { urls }: World): Promise<void> {
  const { args, env } = programOf([path.join(next, 'src/cli/fanfare.mjs'), 'worker', '--retire', ...RETIRED], {
    DATABASE_URL: urls.postgres,
    RABBITMQ_URL: urls.rabbitmq,
    REDIS_URL: urls.redis,
  })
  const { code, output } = await runToEnd(process.execPath, args, { cwd: PROJECT, env: env! })
  if (code !== 0) throw new Error(`worker --retire: ${output}`)
}

const LOOK_MS = 200
/** The type that a reaction is not on any more waits for the older release until it is retired. */
const [reaction, eventType] = RETIRED.at(-1)!.split(':') as [string, string]
/** While the newer release is there nobody runs it. */
const REMOVED = RETIRED[0]!
const GONE = { reaction, eventType }

/** Looks on from now on: at deliveries that wait for a newer release, and at how long the events of this time take. */
function watch({ database: { db } }: World) {
  const began = new Date()
  let waited = 0
  const look = async () => {
    const reason = { in: ['unknown-type', 'newer-version'] }
    const waiting = { state: 'retrying', reason, NOT: { reaction: GONE.reaction, eventType: GONE.eventType } }
    waited = Math.max(waited, await db.delivery.count({ where: waiting }))
  }
  const stopping = new AbortController()
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await wait(LOOK_MS)
    }
  })()
  return {
    async end() {
      stopping.abort()
      await looking
      const [row] = await db.$queryRaw<{ ms: number }[]>`
        SELECT coalesce(max(extract(epoch FROM h.handled_at - e.occurred_at)), 0)::float8 * 1000 AS ms
        FROM handled_events h JOIN events e ON e.id = h.event_id WHERE e.occurred_at > ${began} AND h.reaction <> ${REMOVED}`
      return { waited, longestMs: row!.ms }
    },
  }
}
