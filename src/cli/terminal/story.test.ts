import { ending, linesOf, openLines, type Story } from './story.ts'

const reaction = { state: 'handled', deliveryId: null, dueAt: null, error: null, durationMs: 4.21, history: [] }
const story: Story = {
  status: 'placed',
  settled: false,
  events: [
    {
      id: 'a',
      type: 'order.placed',
      afterMs: 0,
      reactions: [
        { ...reaction, reaction: 'inventory.reserve-stock', afterMs: 30 },
        { ...reaction, reaction: 'fraud.screen-order', state: 'waiting', afterMs: null },
      ],
    },
    { id: 'b', type: 'stock.reserved', afterMs: 29, reactions: [] },
  ],
}
const texts = (told: Story) => linesOf(told).map(({ text }) => text.trim())

it('tells events and reactions by the clock, and nothing of what still waits', () => {
  expect(texts(story)).toEqual([
    '0 ms  order.placed',
    '29 ms  stock.reserved',
    '30 ms    ✓ inventory.reserve-stock ← order.placed  4.2 ms',
  ])
})

it('tells failed attempts and dead letters with their reason', () => {
  const entry = { attempt: 1, error: 'Error: no answer' }
  const failed = {
    ...reaction,
    reaction: 'payment.authorize-payment',
    state: 'dead',
    afterMs: null,
    history: [
      { ...entry, what: 'failed', afterMs: 12 },
      { ...entry, what: 'dead', attempt: 2, afterMs: 120_000 },
    ],
  }
  const [placed] = story.events
  if (!placed) throw new Error('the story has a beginning')
  expect(texts({ ...story, events: [{ ...placed, reactions: [failed] }] })).toEqual([
    '0 ms  order.placed',
    '12 ms    ✗ payment.authorize-payment ← order.placed, attempt 1: Error: no answer',
    '2.0 min    † payment.authorize-payment ← order.placed, attempt 2: Error: no answer',
  ])
})

it('keeps the key of a line when the story grows', () => {
  const keys = linesOf({ ...story, events: story.events.slice(0, 1) }).map(({ key }) => key)
  expect(linesOf(story).map(({ key }) => key)).toEqual(expect.arrayContaining(keys))
})

it('says of what is not handled when it is tried again, and how to look at it', () => {
  const [placed] = story.events
  if (!placed) throw new Error('the story has a beginning')
  const open = (state: string, more = {}) => ({ ...reaction, reaction: `a.${state}`, afterMs: null, state, ...more })
  const reactions = [
    open('dead', { deliveryId: '01a2' }),
    open('retrying', { deliveryId: '01a3', dueAt: '2026-11-22T12:00:05.000Z', error: 'RetryLater: no' }),
    open('waiting'),
    { ...reaction, reaction: 'a.slow', afterMs: 29_505 },
  ]
  const told = { ...story, status: 'shipped', events: [{ ...placed, reactions }] }
  expect(openLines(told, (words) => `fanfare ${words}`).map((line) => line.trim())).toEqual([
    '† a.dead ← order.placed: dead',
    'fanfare dead-letters show a.dead --id 01a2',
    '↻ a.retrying ← order.placed: retrying, due at 12:00:05 UTC: RetryLater: no',
    'fanfare dead-letters show a.retrying --id 01a3',
    '… a.waiting ← order.placed: waiting',
  ])
  expect(texts(told)).toEqual(['0 ms  order.placed', '29.5 s    ✓ a.slow ← order.placed  4.2 ms'])
  expect(ending(told)).toBe('The order is shipped: 1 events and 1 reactions in 29.5 s.')
})
