import type { GatewayAnswer, PaymentGateway } from '#payment-gateway'

type State = 'unknown' | 'authorized' | 'captured' | 'voided' | 'refunded'

/** A payment gateway for models of one order: it keeps Stripe's rules, in memory. It answers always, and refuses refunds where it is told to. */
export function modelBank(total: number, token = 'accepted') {
  let back = 0
  const done = new Set<string>()
  const refused = new Set<string>()
  let refuses = false
  let state: State = 'unknown'
  const yes: GatewayAnswer = { ok: true, authorizationId: 'auth_1' }
  const no = (code = 'unexpected_state'): GatewayAnswer => ({
    ok: false,
    code,
    detail: `is ${state}`,
    ...(state !== 'unknown' && { state }),
  })
  const move = (from: State, to: State): GatewayAnswer => {
    if (state !== from && state !== to) return no()
    state = to
    return yes
  }
  const give = (key: string, part: number): GatewayAnswer => {
    if (done.has(key)) return yes
    if (refuses) refused.add(key)
    if (refused.has(key)) return { ok: false, code: 'balance_insufficient', detail: 'not now' }
    if (state !== 'captured' || back + part > total) return no()
    done.add(key)
    back += part
    if (back === total) state = 'refunded'
    return yes
  }
  const gateway = {
    name: 'the bank',
    authorize: async () => {
      if (token === 'declined') return { ok: false, code: 'card_declined', detail: 'declined' }
      return state === 'unknown' ? move('unknown', 'authorized') : yes
    },
    capture: async () => {
      if (token === 'captureFail' && state === 'authorized')
        return { ok: false, code: 'capture_failed', detail: 'lapsed' }
      return move('authorized', 'captured')
    },
    void: async () => move('authorized', 'voided'),
    refund: async (_id, { idempotencyKey: key }, rest) => {
      if (!refuses) refused.delete(key) // Stripe is asked without the key where it remembers a failure
      const answer = give(key, rest.amount)
      return !answer.ok && answer.state === 'refunded' ? yes : answer
    },
    refundPart: async (_id, { amount: part }, { idempotencyKey: key }) => give(key, part),
    open: async function* () {},
  } as PaymentGateway
  return {
    gateway,
    state: () => state,
    back: () => back,
    refuses: () => refuses,
    /** What it has refused under a key it refuses under that key for ever. */
    refuseRefunds: (does: boolean) => void (refuses = does),
  }
}
