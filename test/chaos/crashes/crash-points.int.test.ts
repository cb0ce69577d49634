// A real process dies, as from kill -9, at each place where a death could lose or double something. All deaths are of one system:
// after each, every effect of all orders so far is there exactly once.
import type { CrashPoint } from '#messaging'
import { deadline } from '#testing'
import { expectExactlyOnce } from './expect-exactly-once.ts'
import type { RunningProcess } from '../../../dev/processes/process.ts'
import { anOrder, trialSystem, type ProcessName, type TrialSystem } from '../world/trial-system.ts'

jest.setTimeout(240_000)

const NAMES: readonly ProcessName[] = ['api', 'relay', 'worker']
const lives = new Map<ProcessName, RunningProcess>()
let system: TrialSystem
let orders = 0
beforeAll(async () => (system = await trialSystem()))
afterAll(() => system.close())

/** One process of each name runs; of `dying` only the one that is to die at `point`. */
async function dying(name: ProcessName, crashAt: `${CrashPoint}:${number}`): Promise<RunningProcess> {
  await lives.get(name)?.stop()
  await Promise.all(NAMES.filter((other) => other !== name).map(run))
  return system.start(name, { crashAt })
}

async function run(name: ProcessName) {
  if (!lives.get(name)?.isRunning) lives.set(name, await system.start(name))
}

async function expectKilled(life: RunningProcess) {
  expect(await life.exited).toEqual({ code: null, signal: 'SIGKILL' })
}

/** As a client does: what is answered 503 is asked again under the same key. */
async function accepted(order: object, key: string): Promise<Response> {
  return deadline(`an answer to ${key}`, async () => {
    const answer = await system.post(order, key)
    return answer.status === 503 ? undefined : answer
  })
}

async function placeTen() {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => accepted(anOrder(`c${orders + i}@example.com`), `order-${orders + i}`)),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
  orders += 10
}

it('the API, after a commit and before its answer: the order is there, and asked again it is answered with it', async () => {
  const api = await dying('api', 'api.after-commit:1')
  orders += 1
  await expect(accepted(anOrder(), 'key-1')).rejects.toThrow('fetch failed')
  await expectKilled(api)
  await run('api')
  const again = await accepted(anOrder(), 'key-1')
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
  await system.settled()
  await expectExactlyOnce(system, orders)
})

it.each<[CrashPoint, string]>([
  ['relay.before-publish', 'what it had read is published by the next one'],
  [
    'publisher.before-confirm',
    'what the broker has taken, and it has not heard of, is published twice and handled once',
  ],
  ['relay.after-confirm', 'what it had published before its checkpoint is published twice and handled once'],
])('the relay, at %s: %s', async (point) => {
  const relay = await dying('relay', `${point}:2`)
  await placeTen()
  await expectKilled(relay)
  await run('relay')
  await system.settled()
  await expectExactlyOnce(system, orders)
})

it.each<[CrashPoint, string]>([
  ['reaction.after-call', 'the outside world is asked again under the same key'],
  ['reaction.after-commit', 'what was handled and not acknowledged comes again and is recognised'],
])('a worker, at %s: %s', async (point) => {
  const worker = await dying('worker', `${point}:5`)
  await placeTen()
  await expectKilled(worker)
  await run('worker')
  await system.settled()
  await expectExactlyOnce(system, orders)
})
