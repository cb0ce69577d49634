import { ratesOf, standingOf } from '../../console/src/pages/flow/lately.ts'

const durations = { count: 20, p50: 5, p99: 9 }
const did = { handled: 20, repeated: 0, failed: 0, dead: 0, critical: durations, processing: durations }
const at = '2026-11-21T14:02:00.000Z'
const point = {
  at,
  seconds: 10,
  spans: {},
  waiting: {},
  published: { 'order.placed': 20 },
  reactions: { 'test.mailing': did },
}
const lately = { from: at, to: at, step: 10, points: [point, point] }

it('tells events and the reaction to them as often, though the list of reactions tells of five minutes', () => {
  const ofFiveMinutes = {
    reaction: 'test.mailing',
    eventTypes: ['order.placed'],
    known: true,
    paused: null,
    breaker: null,
    perSecond: 0.1,
    handled: 30,
    repeated: 0,
    lastHandledAt: at,
    retrying: 0,
    blocked: 0,
    held: 0,
    dead: 0,
    processingP50: 5,
    processingP99: 9,
    criticalP50: 5,
    criticalP99: 9,
  }
  expect(ratesOf(lately).get('order.placed')).toBe(2)
  expect(standingOf(ofFiveMinutes, lately).perSecond).toBe(2)
})
