import { drawTop, type TopFigures } from './draw.ts'

const idle = { eventTypes: ['order.placed'], handled: 0, repeated: 0, retrying: 0, blocked: 0, held: 0, dead: 0 }
const unknown = { processingP50: null, processingP99: null, criticalP50: null, criticalP99: null, lastHandledAt: null }

const TOP: TopFigures = {
  at: new Date('2026-11-22T12:00:10Z'),
  placed: [
    { orders: 0, seconds: 5 },
    { orders: 20, seconds: 5 },
    { orders: 40, seconds: 5 },
    { orders: 1, seconds: 1 },
  ],
  states: [
    { status: 'placed', orders: 3 },
    { status: 'shipped', orders: 57 },
  ],
  figures: {
    seconds: 300,
    reactions: [
      { ...idle, ...unknown, reaction: 'fraud.screen-order' },
      {
        ...idle,
        ...unknown,
        reaction: 'mail.tell',
        handled: 60,
        criticalP50: 12.4,
        criticalP99: 1_840,
        retrying: 2,
        dead: 7,
      },
    ],
  },
  waiting: { 'mail.tell': { queued: 12, oldestMs: 93_000, replicas: 0 } },
  relay: { holder: 'relay@a:1', position: 9n, lagSeconds: 0.04 },
  breakers: [
    {
      reaction: 'mail.tell',
      cause: 'mail server: connection refused',
      processes: 1,
      instances: ['worker@a:1'],
      since: new Date('2026-11-22T11:59:30Z'),
    },
  ],
  pauses: [
    { reaction: 'fraud.screen-order', operator: 'ada', reason: 'new rules', since: new Date('2026-11-22T11:59:10Z') },
  ],
}

const plain = (_: string, text: string) => text

it('shows orders, reactions and what is away', () => {
  expect(drawTop(TOP, 120, plain)).toEqual([
    'fanfare top  12:00:10 UTC   relay 0.0 s behind   7 dead letters',
    '',
    'Orders     6.0/s  ▁▅█  up to 8.0/s in five minutes',
    'Last hour  placed 3   shipped 57',
    '',
    'Reaction             per s  queue  oldest     p50     p99 retrying dead repeated procs',
    'fraud.screen-order       0      –       –       –       –        0    0        0     –',
    'mail.tell              0.2     12  93.0 s   12 ms   1.8 s        2    7        0     0',
    '',
    'paused for 40 s: mail server: connection refused: mail.tell',
    'paused for 60 s by ada: fraud.screen-order: new rules',
  ])
})

it('leaves out what matters least where the terminal is narrow, and dead letters last', () => {
  const reactions = TOP.figures.reactions.map((one) => ({ ...one, reaction: `${one.reaction}-of-everybody` }))
  const states = ['placed', 'confirmed', 'shipped', 'delivered', 'rejected', 'cancelled'].map((status) => ({ status, orders: 1_234 })) // prettier-ignore
  const placed = Array.from({ length: 60 }, () => TOP.placed[1]!)
  const top = { ...TOP, placed, states, figures: { ...TOP.figures, reactions } }
  for (const width of [80, 60]) {
    const lines = drawTop(top, width, plain)
    expect(lines.filter((line) => line.length > width)).toEqual([])
    expect(lines.join('\n')).toMatch(/queue.* dead/)
  }
  expect(drawTop(top, 80, plain)[6]).toBe(
    'Reaction                          per s  queue  oldest     p99 retrying dead',
  )
})

it('tells what is away once, whole, with all that waits for it', () => {
  const cause = 'Error: The payment gateway answered internal_error (500): "The bank did not answer properly."'
  const reactions = ['authorize', 'capture', 'return'].map((what) => `payment.${what}-payment`)
  const breakers = reactions.map((reaction) => ({ ...TOP.breakers[0]!, reaction, cause }))
  expect(drawTop({ ...TOP, breakers, pauses: [] }, 80, plain).slice(-4)).toEqual([
    '',
    'paused for 40 s: Error: The payment gateway answered internal_error (500): "The',
    '    bank did not answer properly.": payment.authorize-payment,',
    '    payment.capture-payment, payment.return-payment',
  ])
})

it('says that PostgreSQL is away, and shows what was read before', () => {
  const [head, ...rest] = drawTop({ ...TOP, awaySince: new Date('2026-11-22T12:00:12Z') }, 120, plain)
  expect(head).toBe('fanfare top  12:00:10 UTC   PostgreSQL is away since 12:00:12; this is of before')
  expect(rest).toEqual(drawTop(TOP, 120, plain).slice(1))
})
