import { linesOf, openLines, type Story } from './story.ts'

const reaction = { state: 'handled', durationMs: 4.21, error: null, history: [] }
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

it('says what is not handled yet, and what it waits for', () => {
  const told = {
    ...reaction,
    reaction: 'payment.refund-payment',
    state: 'retrying',
    afterMs: null,
    error: 'RetryLater: no',
  }
  const [placed] = story.events
  expect(openLines({ ...story, events: [{ ...placed!, reactions: [told] }] })[0]).toMatch(
    /payment.refund-payment: retrying, order.placed: RetryLater: no$/,
  )
})
