// Tries the payment's decisions in every interleaving that fast-check finds: reactions stop between reading, asking the
// gateway and booking, and may die there and begin again.
import fc from 'fast-check'
import { recordAuthorization } from './authorize.ts'
import { isCapturable, recordCapture } from './capture.ts'
import { modelBank } from '#testing'
import { evolve, unknownPayment, type Payment } from './payment.ts'
import { recordRefund } from './refunds/carry-out.ts'
import type { Earlier } from './refunds/asked-for-pieces.ts'
import { owedForPieces } from './refunds/owed-for-pieces.ts'
import { refundableOf } from './refunds/refund-amount.ts'
import { requestFor } from './refunds/refund-gone.ts'
import { closing, giveBack, recordReturn } from './return.ts'
import type { Change } from './store.ts'

const orderId = '0190a1b2-0000-7000-8000-000000000001'
const REFUND_ID = '0190a1b2-0000-7000-8000-000000000002'
const total = { amount: 2_500, currency: 'GBP' }
const { signal } = new AbortController()

interface Scenario {
  confirmed: boolean
  closed: boolean
  /** How often each of the reactions dies between its call and its booking. */
  deaths: [number, number, number, number]
  /** Refunds of so much, each asked for at some moment; the bank's answer to it may be lost once. */
  refunds: number[]
  /** So many pieces of five are cancelled or come back, each time at some moment. */
  gone: number[]
}

const PIECE = 500
const lines = [{ sku: 'A', name: 'A', quantity: 5, unitPrice: PIECE }]

async function play(scheduler: fc.Scheduler, { confirmed, closed, deaths, refunds, gone }: Scenario) {
  const { gateway, state, back } = modelBank(total.amount)
  let payment: Payment = unknownPayment
  const reactions: Promise<void>[] = []
  const bought = { status: 'delivered' as const, currency: total.currency, costs: null, lines, gone: [] as Gone[] }
  const setAside: Earlier[] = []
  const pause = () => scheduler.schedule(Promise.resolve())

  async function react<Answer>(
    dying: number,
    call: (seen: Payment) => Promise<Answer>,
    book: (now: Payment, answer: Answer) => Change<unknown>,
  ) {
    for (let attempt = 0; attempt < 60; attempt++) {
      await pause()
      const seen = payment
      await pause()
      try {
        const answer = await call(seen)
        await pause()
        if (attempt < dying) continue
        const { facts } = book(payment, answer)
        for (const fact of facts) payment = evolve(payment, fact)
        for (const { kind } of facts) publishEvents(kind)
        return
      } catch (error) {
        if (!/RetryLater|Error/.test((error as Error).name) || (error as Error).name === 'Unrecoverable') throw error
      }
    }
    throw new Error('never came to an end')
  }

  function giveMoneyBack(dying: number, closes: boolean) {
    return react(
      dying,
      (seen) => giveBack(gateway, closing(seen, closes), signal),
      (now, returned) => recordReturn(now, closes, orderId, returned),
    )
  }

  function publishEvents(kind: string) {
    if (kind !== 'authorized') return
    reactions.push(giveMoneyBack(deaths[2], false))
    if (confirmed)
      reactions.push(
        react(
          deaths[1],
          async (seen) => (isCapturable(seen) ? gateway.capture('auth_1', { idempotencyKey: '', signal }) : undefined),
          (now, answer) => recordCapture(now, orderId, answer),
        ),
      )
  }

  async function refund(amount: number, index: number) {
    for (let moment = 0; moment < 12; moment++) {
      await pause()
      if (refundableOf(payment) < amount) continue
      payment = evolve(payment, { kind: 'refund-requested', amount })
      const call = { idempotencyKey: `refund-${index}`, signal }
      return react(
        index % 2,
        () => gateway.refundPart('auth_1', { ...total, amount }, call),
        (_now, answer) => recordRefund({ orderId, refundId: REFUND_ID, amount: { ...total, amount } }, answer),
      )
    }
  }

  async function lose(quantity: number, index: number) {
    await pause()
    const before = bought.gone.reduce((sum, one) => sum + one.lines[0]!.quantity, 0)
    if ((!confirmed && !closed) || before + quantity > 5) return
    bought.gone.push({
      id: `${REFUND_ID.slice(0, -1)}${5 + index}`,
      lines: [{ sku: 'A', quantity, amount: quantity * PIECE }],
    })
    await react(
      index % 2,
      async () => {},
      (now) => {
        const owed = owedForPieces(bought, setAside, now)
        setAside.push(...owed.map(({ id, lines }) => ({ id, status: 'requested' as const, lines: [...lines] })))
        for (const { id, amount } of owed) reactions.push(giveBackPieces(id, amount))
        return requestFor(orderId, total.currency, owed)
      },
    )
  }

  const giveBackPieces = (id: string, amount: number) =>
    react(
      1,
      () => gateway.refundPart('auth_1', { ...total, amount }, { idempotencyKey: id, signal }),
      (_now, answer) => recordRefund({ orderId, refundId: REFUND_ID, amount: { ...total, amount } }, answer),
    )

  reactions.push(...gone.map(lose))
  reactions.push(...refunds.map(refund))
  reactions.push(
    react(
      deaths[0],
      () => gateway.authorize({ amount: total, token: '', reference: orderId }, { idempotencyKey: '', signal }),
      (now, answer) => recordAuthorization(now, { orderId, total }, answer),
    ),
  )
  if (closed) reactions.push(giveMoneyBack(deaths[3], true))
  await scheduler.waitFor(settledAll(reactions))
  const pieces = (groups: readonly Pick<Gone, 'lines'>[]) =>
    groups.reduce((sum, one) => sum + one.lines[0]!.quantity, 0)
  return { bank: state(), back: back(), payment, gone: pieces(bought.gone), paid: pieces(setAside) }
}

interface Gone {
  id: string
  lines: { sku: string; quantity: number; amount: number }[]
}

/** Also those that are added while the earlier ones run. */
async function settledAll(reactions: readonly Promise<void>[]) {
  for (let next = 0; next < reactions.length; next++) await reactions[next]
}

const deaths = fc.integer({ min: 0, max: 2 })
const scenario = (closed: boolean) =>
  fc.record({
    confirmed: fc.boolean(),
    closed: fc.constant(closed),
    deaths: fc.tuple(deaths, deaths, deaths, deaths),
    refunds: fc.array(fc.constantFrom(1, 700, 1_250, 2_500), { maxLength: 3 }),
    gone: fc.array(fc.constantFrom(1, 1, 2, 5), { maxLength: 3 }),
  })

/** INTERLEAVINGS=10000 npm test -- payment/interleavings tries more of them. */
const RUNS = Number(process.env['INTERLEAVINGS'] || 300)

test('the money of a closed order is with the customer, and we know it', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), scenario(true), async (scheduler, given) => {
      const { bank, back, payment } = await play(scheduler, given)
      expect(['voided', 'refunded']).toContain(bank)
      expect(payment).toMatchObject({ status: bank, closed: true, refunding: 0, refunded: back })
      expect(back).toBe(bank === 'refunded' ? total.amount : 0)
    }),
    { numRuns: RUNS },
  ))

test('the money of any other order is taken once it is confirmed, and only then', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), scenario(false), async (scheduler, given) => {
      const { bank, back, payment, gone, paid } = await play(scheduler, given)
      expect(paid).toBeLessThanOrEqual(gone)
      expect(back).toBeGreaterThanOrEqual(gone * PIECE)
      expect(bank).toBe(back === total.amount ? 'refunded' : given.confirmed ? 'captured' : 'authorized')
      expect(payment).toMatchObject({ status: bank, closed: false, refunding: 0, refunded: back })
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  ))
