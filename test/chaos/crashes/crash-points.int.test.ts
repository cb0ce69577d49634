// A real process dies, as from kill -9, at each place where a death could lose or double something.
import type { CrashPoint } from '#messaging'
import { deadline } from '#testing'
import { expectExactlyOnce } from './expect-exactly-once.ts'
import type { RunningProcess } from '../../../dev/processes/process.ts'
import { anOrder, trialSystem, type TrialSystem } from '../world/trial-system.ts'

jest.setTimeout(240_000)

let system: TrialSystem
beforeEach(async () => (system = await trialSystem()))
afterEach(() => system.close())

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

async function place(orders: number) {
  const answers = await Promise.all(
    Array.from({ length: orders }, (_, i) => accepted(anOrder(`c${i}@example.com`), `order-${i}`)),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
}

it('the API, after a commit and before its answer: the order is there, and asked again it is answered with it', async () => {
  const dying = await system.start('api', { crashAt: 'api.after-commit:1' })
  await expect(accepted(anOrder(), 'key-1')).rejects.toThrow('fetch failed')
  await expectKilled(dying)
  await Promise.all([system.start('api'), system.start('relay'), system.start('worker')])
  const again = await accepted(anOrder(), 'key-1')
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
  await system.settled()
  await expectExactlyOnce(system, 1)
})

it.each<[CrashPoint, string]>([
  ['relay.before-publish', 'what it had read is published by the next one'],
  [
    'publisher.before-confirm',
    'what the broker has taken, and it has not heard of, is published twice and handled once',
  ],
  ['relay.after-confirm', 'what it had published before its checkpoint is published twice and handled once'],
])('the relay, at %s: %s', async (point) => {
  await Promise.all([system.start('api'), system.start('worker')])
  const dying = await system.start('relay', { crashAt: `${point}:2` })
  await place(10)
  await expectKilled(dying)
  await system.start('relay')
  await system.settled()
  await expectExactlyOnce(system, 10)
})

it.each<[CrashPoint, string]>([
  ['reaction.after-call', 'the outside world is asked again under the same key'],
  ['reaction.after-commit', 'what was handled and not acknowledged comes again and is recognised'],
])('a worker, at %s: %s', async (point) => {
  await Promise.all([system.start('api'), system.start('relay')])
  const dying = await system.start('worker', { crashAt: `${point}:5` })
  await place(10)
  await expectKilled(dying)
  await system.start('worker')
  await system.settled()
  await expectExactlyOnce(system, 10)
})
