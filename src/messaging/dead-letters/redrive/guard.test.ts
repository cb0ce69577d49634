import { createGuard } from './guard.ts'
import { NOTHING_KNOWN, type Outcomes } from './outcomes.ts'

/** The reaction's news, one look after the other. */
function looks(state: Outcomes, ...news: Partial<Outcomes>[]) {
  return () => Promise.resolve(Object.assign(state, NOTHING_KNOWN, news.length > 1 ? news.shift() : news[0]))
}

test('without limits everything passes', async () => {
  const state = { sent: 500, ...NOTHING_KNOWN, deadAgain: 500 }
  const guard = createGuard({}, looks(state))
  expect(await guard.mayGoOn(state)).toBeUndefined()
  expect(guard.judge(state)).toBeUndefined()
})

test('a canary is waited for, and lets the rest pass when it fared well', async () => {
  const state = { sent: 0, ...NOTHING_KNOWN }
  const guard = createGuard({ canary: 5 }, looks(state, {}, { handled: 3 }, { handled: 5 }))
  expect(guard.room(state)).toBe(5)
  state.sent = 5
  expect(await guard.mayGoOn(state)).toBeUndefined()
  expect(state.handled).toBe(5)
  expect(guard.room(state)).toBeGreaterThan(5)
})

test('a canary that fails stops the redrive; a failed first attempt is failure enough', async () => {
  const state = { sent: 5, ...NOTHING_KNOWN }
  const guard = createGuard({ canary: 5 }, looks(state, { handled: 3, deadAgain: 1, retrying: 1 }))
  expect(await guard.mayGoOn(state)).toBe('2 of 5 failed again (40 %, the limit is 10 %).')
})

test('the share is watched over the rest as well, once enough is known', async () => {
  const state = { sent: 600, ...NOTHING_KNOWN }
  const guard = createGuard(
    { haltAbove: 0.2 },
    looks(state, { handled: 9, deadAgain: 3 }, { handled: 70, deadAgain: 30 }),
  )
  expect(await guard.mayGoOn(state)).toBeUndefined()
  expect(guard.room(state)).toBeGreaterThan(0)
  state.sent = 1_012
  expect(await guard.mayGoOn(state)).toBe('30 of 100 failed again (30 %, the limit is 20 %).')
})

test('a reaction that gives no sign of life is taken for stopped', async () => {
  const state = { sent: 2, ...NOTHING_KNOWN }
  const guard = createGuard({ canary: 2, deadlineMs: 50 }, looks(state, {}))
  expect(await guard.mayGoOn(state)).toMatch(/nothing has become of 2 messages: is a worker/)
})
