import { Unrecoverable } from '../../errors.ts'
import type { Outcome } from '../batch/batch.ts'
import { createFailureRun, type Tried } from './breaker.ts'

const tried = (outcome: Outcome, attempt = 1): Tried => ({ outcome, attempt })
const good = tried({ kind: 'handled', published: [] })
const bad = (message = 'no such account 17', attempt = 1) =>
  tried({ kind: 'failed', during: 'call', error: new Error(message) }, attempt)

/** A generator of numbers from 0 to 1 that is the same in every run (Lehmer's). */
function dice(seed: number) {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

test('a dependency that has worked and then fails for everybody is told after twenty calls', () => {
  const run = createFailureRun()
  run.note(Array.from({ length: 500 }, () => good))
  const opened = Array.from({ length: 30 }, () => run.note([bad()]))
  expect(opened.indexOf(true)).toBe(19)
})

test('of 10,000 messages nine in ten fail by themselves of one cause: at most a few are taken for an outage', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const chance = dice(seed)
    const run = createFailureRun()
    let opened = 0
    for (let i = 0; i < 10_000; i++) if (run.note([chance() < 0.9 ? bad(`no account ${i}`) : good])) opened++
    expect(opened).toBeLessThan(30)
  }
})

test('where one in ten had succeeded, an outage is told all the same, only later', () => {
  const chance = dice(7)
  const run = createFailureRun()
  for (let i = 0; i < 2_000; i++) run.note([chance() < 0.9 ? bad() : good])
  const opened = Array.from({ length: 300 }, () => run.note([bad()]))
  expect(opened.indexOf(true)).toBeLessThan(150)
  expect(opened.at(-1)).toBe(true)
})

test('failures of many causes, and refusals, tell of messages', () => {
  const run = createFailureRun()
  const causes = ['no such account', 'card expired', 'limit reached']
  expect(run.note(Array.from({ length: 300 }, (_, index) => bad(causes[index % 3])))).toBe(false)
  const refused = tried({ kind: 'failed', during: 'call', error: new Unrecoverable('closed') })
  expect(run.note(Array.from({ length: 300 }, () => refused))).toBe(false)
})

test('what is tried again and fails again tells of itself', () => {
  const run = createFailureRun()
  expect(run.note(Array.from({ length: 500 }, () => bad('no such account', 2)))).toBe(false)
})
