// Tries the payment's decisions in every interleaving that fast-check finds: reactions stop between reading, asking the
// gateway and booking, and may die there and begin again. The bank below keeps Stripe's rules.
import fc from 'fast-check'
import { recordAuthorization } from './authorize.ts'
import { isCapturable, recordCapture } from './capture.ts'
import type { GatewayAnswer, PaymentGateway } from '#payment-gateway'
import { evolve, unknownPayment, type Payment } from './payment.ts'
import { closing, giveBack, recordReturn } from './return.ts'
import type { Change } from './store.ts'

const orderId = '0190a1b2-0000-7000-8000-000000000001'
const total = { amount: 2_500, currency: 'GBP' }
const { signal } = new AbortController()

function aBank() {
  let state: 'unknown' | 'authorized' | 'captured' | 'voided' | 'refunded' = 'unknown'
  const move = (from: typeof state, to: typeof state): GatewayAnswer => {
    if (state === to) return { ok: true, authorizationId: 'auth_1' }
    if (state !== from) return { ok: false, code: 'unexpected_state', detail: `is ${state}`, state: state as never }
    state = to
    return { ok: true, authorizationId: 'auth_1' }
  }
  const gateway = {
    authorize: async () =>
      state === 'unknown' ? move('unknown', 'authorized') : { ok: true, authorizationId: 'auth_1' },
    capture: async () => move('authorized', 'captured'),
    void: async () => move('authorized', 'voided'),
    refund: async () => move('captured', 'refunded'),
    open: async function* () {},
  } as PaymentGateway
  return { gateway, state: () => state }
}

interface Scenario {
  confirmed: boolean
  closed: boolean
  /** How often each of the reactions dies between its call and its booking. */
  deaths: [number, number, number, number]
}

async function play(scheduler: fc.Scheduler, { confirmed, closed, deaths }: Scenario) {
  const { gateway, state } = aBank()
  let payment: Payment = unknownPayment
  const reactions: Promise<void>[] = []
  const pause = () => scheduler.schedule(Promise.resolve())

  async function react<Answer>(
    dying: number,
    call: (seen: Payment) => Promise<Answer>,
    book: (now: Payment, answer: Answer) => Change<unknown>,
  ) {
    for (let attempt = 0; attempt < 20; attempt++) {
      await pause()
      const seen = payment
      await pause()
      const answer = await call(seen)
      await pause()
      if (attempt < dying) continue
      try {
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

  reactions.push(
    react(
      deaths[0],
      () => gateway.authorize({ amount: total, token: '', reference: orderId }, { idempotencyKey: '', signal }),
      (now, answer) => recordAuthorization(now, { orderId, total }, answer),
    ),
  )
  if (closed) reactions.push(giveMoneyBack(deaths[3], true))
  await scheduler.waitFor(settledAll(reactions))
  return { bank: state(), payment }
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
  })

test('the money of a closed order is with the customer, and we know it', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), scenario(true), async (scheduler, given) => {
      const { bank, payment } = await play(scheduler, given)
      expect(['voided', 'refunded']).toContain(bank)
      expect(payment).toMatchObject({ status: bank, closed: true })
    }),
    { numRuns: 1_000 },
  ))

test('the money of any other order is taken once it is confirmed, and only then', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), scenario(false), async (scheduler, given) => {
      const { bank, payment } = await play(scheduler, given)
      expect(bank).toBe(given.confirmed ? 'captured' : 'authorized')
      expect(payment).toMatchObject({ status: bank, closed: false })
    }),
    { numRuns: 300 },
  ))
