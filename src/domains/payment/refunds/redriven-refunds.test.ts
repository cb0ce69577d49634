// Refunds of cancelled and returned pieces that the bank refuses for a while, beside refunds by lines: whatever is heard or redriven
// first, in the end the customer has what is owed, once.
import fc from 'fast-check'
import type { Bought } from '#domains/order'
import { modelBank } from '#testing'
import { NONE_BACK, evolve, unknownPayment, type Fact, type Payment } from '../payment.ts'
import { recordRefund } from './carry-out.ts'
import { owedForPieces } from './owed-for-pieces.ts'
import { refundableOf } from './refund-amount.ts'
import { takenOf } from './request-refund.ts'
import type { Refund } from './store.ts'

const orderId = '0190a1b2-0000-7000-8000-000000000001'
const idOf = (nth: number) => `0190a1b2-0000-7000-8000-${String(nth).padStart(12, '0')}`
const PIECE = 500
const ALL = 6
const total = { amount: ALL * PIECE, currency: 'GBP' }
const { signal } = new AbortController()

type Heard = { failedId?: string; wasDead?: boolean }
type Kept = Pick<Refund, 'id' | 'status' | 'lines'>

async function play(steps: readonly Step[], ending: readonly number[]) {
  const { gateway, back, refuseRefunds } = modelBank(total.amount)
  await gateway.authorize({ amount: total, token: '', reference: orderId }, { idempotencyKey: '', signal })
  await gateway.capture('auth_1', { idempotencyKey: '', signal })
  let payment: Payment = { ...unknownPayment, ...NONE_BACK, status: 'captured', amount: total }
  const bought = { status: 'delivered', currency: 'GBP', costs: null, gone: [] as Bought['gone'][number][] }
  const order = () => ({ ...bought, lines: [{ sku: 'A', name: 'A', quantity: ALL, unitPrice: PIECE }] }) as Bought
  const refunds: Kept[] = []
  const history: ({ own: string; pieces: number } | { gone: number })[] = []
  const queue: Heard[] = []
  const dead: Heard[] = []
  let nth = 2
  const book = (facts: readonly Fact[]) => void (payment = facts.reduce(evolve, payment))
  const ask = (id: string, amount: number, quantity: number) => {
    refunds.push({ id, status: 'requested', lines: [{ sku: 'A', quantity, amount }] })
    book([{ kind: 'refund-requested', amount }])
  }
  /** As `refundGone` does. */
  const hear = ({ failedId, wasDead = false }: Heard): 'handled' | 'later' | 'dead' => {
    try {
      const owed = owedForPieces(order(), refunds, payment, failedId)
      if (failedId !== undefined && !wasDead && owed.some(({ isAgain }) => isAgain)) return 'dead'
      for (const { id, amount, lines } of owed) ask(id, amount, lines[0]!.quantity)
      return 'handled'
    } catch (error) {
      if ((error as Error).name !== 'RetryLater') throw error
      return 'later'
    }
  }
  const deliver = (index: number) => {
    const [one] = queue.splice(index % queue.length, 1)
    if (!one) return
    const outcome = hear(one)
    if (outcome === 'later') queue.push(one)
    if (outcome === 'dead') dead.push({ ...one, wasDead: true })
  }
  const settle = async (index: number) => {
    const open = refunds.filter(({ status }) => status === 'requested')
    const one = open[index % open.length]
    if (!one) return
    const amount = { ...total, amount: one.lines[0]!.amount }
    const answer = await gateway.refundPart('auth_1', amount, { idempotencyKey: one.id, signal })
    book(recordRefund({ orderId, refundId: one.id, amount }, answer).facts)
    one.status = answer.ok ? 'succeeded' : 'failed'
    if (!answer.ok) queue.push({ failedId: one.id })
  }
  const redrive = (indexes: readonly number[]) => {
    for (const index of indexes) queue.push(...dead.splice(index % dead.length, 1))
  }
  /** As `requestRefund` does. */
  const own = (pieces: number) => {
    if (hear({}) === 'dead') return
    const taken = takenOf(refunds, bought.gone).pieces('A')
    if (taken + pieces > ALL || refundableOf(payment) < pieces * PIECE) return
    const id = idOf(nth++)
    ask(id, pieces * PIECE, pieces)
    history.push({ own: id, pieces })
  }
  const lose = (pieces: number) => {
    if (bought.gone.reduce((sum, { lines }) => sum + lines[0]!.quantity, 0) + pieces > ALL) return
    bought.gone.push({ id: idOf(nth++), lines: [{ sku: 'A', quantity: pieces, amount: pieces * PIECE }] })
    history.push({ gone: pieces })
    queue.push({})
  }
  for (const [what, given] of steps) {
    if (what === 'own') own(1 + (given % 3))
    else if (what === 'gone') lose(1 + (given % 3))
    else if (what === 'bank') refuseRefunds(given % 2 === 0)
    else if (what === 'settle') await settle(given)
    else if (what === 'deliver') deliver(given)
    else redrive([given])
  }
  refuseRefunds(false)
  for (let round = 0; round < 60; round++) {
    redrive(dead.map((_, index) => ending[index % ending.length]!))
    for (const given of ending) {
      await settle(given)
      deliver(given)
    }
  }
  expect([queue, dead]).toEqual([[], []])
  expect(refunds.filter(({ status }) => status === 'requested')).toEqual([])
  return { back: back(), ...boundsOf(history, refunds), payment }
}

/** So many pieces are paid for at least, and at most: a refund by lines that came after pieces had gone was for others. */
function boundsOf(history: readonly ({ own: string; pieces: number } | { gone: number })[], refunds: readonly Kept[]) {
  let gone = 0
  let own = 0
  let most = 0
  for (const one of history) {
    const hasSucceeded = 'own' in one && refunds.find(({ id }) => id === one.own)!.status === 'succeeded'
    if ('gone' in one) gone += one.gone
    else if (hasSucceeded) own += one.pieces
    most = Math.max(most + (hasSucceeded ? one.pieces : 0), gone)
  }
  return { least: Math.max(gone, own) * PIECE, most: most * PIECE }
}

const number = fc.integer({ min: 0, max: 30 })
type Step = readonly [(typeof STEPS)[number], number]
const STEPS = ['own', 'gone', 'bank', 'settle', 'deliver', 'redrive'] as const
const step = fc.tuple(fc.constantFrom(...STEPS), number)

const endings = fc.array(number, { minLength: 1, maxLength: 6 })

/** REDRIVEN=100000 npm test -- redriven-refunds tries more of them. */
const RUNS = Number(process.env['REDRIVEN'] || 500)

test('what is owed is paid once, in whatever order refused refunds are heard of and redriven', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), endings, endings, async (steps, ending, other) => {
      const { back, least, most, payment } = await play(steps, ending)
      expect(back).toBeGreaterThanOrEqual(least)
      expect(back).toBeLessThanOrEqual(most)
      expect(payment).toMatchObject({ refunding: 0, refunded: back })
      expect((await play(steps, other)).back).toBe(back)
    }),
    { numRuns: RUNS },
  ))
