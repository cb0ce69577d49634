import fc from 'fast-check'
import { Unrecoverable } from '#messaging'
import { decide, mergeLines, movementsOf, wantedOf, type Fact, type Reservation } from './reservation.ts'

const open: Reservation = { status: 'open', lines: [], apart: {} }
const lines = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
]
const placed: Fact = { kind: 'placed', lines }
const plenty = new Map([
  ['A', 5],
  ['B', 5],
])

function after(facts: Fact[], free: ReadonlyMap<string, number> = plenty) {
  return facts.reduce((reservation, fact) => decide(reservation, fact, free).next, open).status
}

test('an order gets all of its lines', () => {
  expect(decide(open, placed, plenty)).toEqual({ next: { status: 'reserved', lines, apart: {} }, missing: [] })
})

test('or none, and is told each line that is short', () => {
  const { next, missing } = decide(open, placed, new Map([['A', 1]]))
  expect(next.status).toBe('rejected')
  expect(missing).toEqual([
    { sku: 'A', requested: 2, available: 1 },
    { sku: 'B', requested: 1, available: 0 },
  ])
})

test('lines of one SKU count together', () => {
  const twice = [...lines, { sku: 'A', quantity: 4 }]
  expect(mergeLines(twice)).toEqual([
    { sku: 'A', quantity: 6 },
    { sku: 'B', quantity: 1 },
  ])
  expect(decide(open, { kind: 'placed', lines: twice }, plenty).missing).toEqual([
    { sku: 'A', requested: 6, available: 5 },
  ])
})

test.each<[string, Fact[]]>([
  ['reserved', [placed, placed]],
  ['released', [placed, { kind: 'closed' }]],
  ['released', [{ kind: 'closed' }, placed]],
  ['shipped', [placed, { kind: 'shipped' }]],
  ['returned', [placed, { kind: 'shipped' }, { kind: 'returned' }]],
  ['returned', [placed, { kind: 'returned' }, { kind: 'closed' }]],
  ['returned', [{ kind: 'returned' }, placed]],
])('%s, in whatever order the facts come: %j', (status, facts) => expect(after(facts)).toBe(status))

test('what was never reserved cannot be shipped', () => {
  expect(() => after([{ kind: 'shipped' }])).toThrow('never asked for')
  expect(() => after([{ kind: 'closed' }, { kind: 'shipped' }])).toThrow(Unrecoverable)
})

const lessA: Fact = { kind: 'reduced', lines: [{ sku: 'A', quantity: 1 }] }

test('what is cancelled of an order is not set aside for it, whenever that is heard of', () => {
  for (const facts of [
    [placed, lessA],
    [lessA, placed],
  ]) {
    const reservation = facts.reduce((now, fact) => decide(now, fact, plenty).next, open)
    expect(reservation.status).toBe('reserved')
    expect(wantedOf(reservation)).toEqual([
      { sku: 'A', quantity: 1 },
      { sku: 'B', quantity: 1 },
    ])
  }
  const scarce = new Map([...plenty, ['A', 1]])
  expect(decide(decide(open, lessA, scarce).next, placed, scarce).missing).toEqual([])
})

test('the pieces are where they are in whatever order the facts come', () => {
  const facts = [placed, lessA, { kind: 'shipped' } as const]
  const end = (order: Fact[]) => {
    let reservation = open
    const shelf = { onHand: 5, reserved: 0, shipped: 0 }
    for (const fact of order) {
      const next = attempt(reservation, fact, new Map([...plenty, ['A', shelf.onHand]]))
      for (const { sku, ...moved } of movementsOf(reservation, next))
        for (const place of ['onHand', 'reserved', 'shipped'] as const) if (sku === 'A') shelf[place] += moved[place]
      reservation = next
    }
    return shelf
  }
  expect(end([placed, lessA, { kind: 'closed' }])).toEqual({ onHand: 5, reserved: 0, shipped: 0 })
  for (const order of [facts, [lessA, placed, facts[2]!], [placed, facts[2]!, lessA]])
    expect(end(order)).toEqual({ onHand: 4, reserved: 0, shipped: 1 })
})

const back = (...lines: [sku: string, restocked: boolean][]): Fact => ({
  kind: 'came-back',
  lines: lines.map(([sku, restocked]) => ({ sku, quantity: 1, restocked })),
})
const goodA = back(['A', true])
const badA = back(['A', false])

test('what came back is on the shelf, but for what is damaged, in whatever order the facts come', () => {
  const rest = back(['B', true])
  const run = (facts: Fact[]) => {
    const shelf = { A: 5, B: 5 }
    const end = facts.reduce((before, fact) => {
      const { next } = decide(before, fact, plenty)
      for (const { sku, onHand } of movementsOf(before, next)) shelf[sku as 'A' | 'B'] += onHand
      return next
    }, open)
    return { status: end.status, shelf }
  }
  const some = { status: 'shipped', shelf: { A: 4, B: 4 } }
  expect(run([placed, { kind: 'shipped' }, goodA])).toEqual(some)
  expect(run([placed, goodA, { kind: 'shipped' }])).toEqual(some)
  const all = { status: 'returned', shelf: { A: 4, B: 5 } }
  expect(run([placed, { kind: 'shipped' }, goodA, badA, rest])).toEqual(all)
  expect(run([placed, rest, badA, { kind: 'shipped' }, goodA])).toEqual(all)
  expect(run([placed, goodA, badA, rest, { kind: 'shipped' }])).toEqual(all)
  const without = { status: 'returned', shelf: { A: 5, B: 5 } }
  expect(run([placed, lessA, { kind: 'shipped' }, goodA, rest])).toEqual(without)
  expect(run([placed, { kind: 'shipped' }, goodA, rest, lessA])).toEqual(without)
})

const oneA: Fact = { kind: 'parcel', lines: [{ sku: 'A', quantity: 1 }] }

test('a parcel moves its pieces, and the order the rest, in whatever order that is heard of', () => {
  const shipped: Fact = { kind: 'shipped' }
  const end = (order: Fact[]) =>
    movementsOf(
      open,
      order.reduce((now, fact) => decide(now, fact, plenty).next, open),
    )
  expect(end([placed, oneA])).toEqual([
    { sku: 'A', onHand: -2, reserved: 1, shipped: 1 },
    { sku: 'B', onHand: -1, reserved: 1, shipped: 0 },
  ])
  const all = [
    { sku: 'A', onHand: -2, reserved: 0, shipped: 2 },
    { sku: 'B', onHand: -1, reserved: 0, shipped: 1 },
  ]
  expect(end([placed, oneA, shipped])).toEqual(all)
  expect(end([placed, shipped, oneA])).toEqual(all)
  expect(end([placed, shipped, { kind: 'returned' }, oneA])).toEqual([])
  expect(() => end([oneA])).toThrow('never asked for')
})

test.each([lessA, oneA, goodA, badA])('more pieces than the order has are refused: %j', (fact) => {
  const twice = [placed, fact, fact].reduce((now, one) => decide(now, one, plenty).next, open)
  expect(() => decide(twice, fact, plenty)).toThrow('has 2 of A, and 3 would be')
  expect(() => decide(twice, { ...fact, lines: [{ sku: 'C', quantity: 1 }] } as Fact, plenty)).toThrow(Unrecoverable)
})

const anyFact = fc.constantFrom<Fact>(
  placed,
  lessA,
  oneA,
  goodA,
  badA,
  { kind: 'closed' },
  { kind: 'shipped' },
  { kind: 'returned' },
)

test('no sequence of facts makes or loses a piece, or moves more than the order has', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 12 }), (facts) => {
      const stock = { onHand: 5, reserved: 0, shipped: 0 }
      let reservation = open
      for (const fact of facts) {
        const next = attempt(reservation, fact, new Map([...plenty, ['A', stock.onHand]]))
        for (const { sku, onHand, reserved, shipped } of movementsOf(reservation, next)) {
          if (sku !== 'A') continue
          stock.onHand += onHand
          stock.reserved += reserved
          stock.shipped += shipped
        }
        reservation = next
        expect(stock.onHand + stock.reserved + stock.shipped).toBe(5)
        expect(stock.onHand).toBeGreaterThanOrEqual(3)
        expect(Math.min(stock.reserved, stock.shipped)).toBeGreaterThanOrEqual(0)
      }
    }),
  )
})

function attempt(reservation: Reservation, fact: Fact, free: Map<string, number>): Reservation {
  try {
    return decide(reservation, fact, free).next
  } catch {
    return reservation
  }
}
