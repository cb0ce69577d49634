import { randomUUID } from 'node:crypto'
import { cardOf } from './cards.ts'

export type State = 'authorized' | 'captured' | 'voided' | 'refunded'

export interface Authorization {
  id: string
  state: State
  /** Integer minor units. */
  amount: number
  currency: string
  token: string
  /** The caller's own word for it: the order. */
  reference: string
  /** ISO 8601. */
  created: string
  /** What has gone back; left out while nothing has. */
  refunded?: number
}

export interface Answer {
  status: number
  body: object
}

/** An answer, and what it has changed. */
export interface Effect {
  answer: Answer
  authorization?: Authorization
  /** How much has moved; all of it, if left out. */
  moved?: Moved
}

export interface Moved {
  kind: State
  amount: number
}

export type Request = { amount: number; currency: string; token: string; reference: string }
export type Move = 'capture' | 'void' | 'refund'

export const refusal = (status: number, code: string, message: string, more: object = {}): Answer => ({
  status,
  body: { error: { code, message, ...more } },
})

export function authorize({ amount, currency, token, reference }: Request): Effect {
  const card = cardOf(token)
  if (card.kind === 'unknown')
    return { answer: refusal(400, 'invalid_token', `No such payment method: '${token.slice(0, 200)}'`) }
  if (card.kind === 'declines')
    return { answer: refusal(402, 'card_declined', card.message, { decline_code: card.code }) }
  const authorization: Authorization = {
    id: `auth_${randomUUID().replaceAll('-', '')}`,
    state: 'authorized',
    amount,
    currency,
    token,
    reference,
    created: new Date().toISOString(),
  }
  return { answer: { status: 201, body: authorization }, authorization }
}

const MOVES: Record<Move, { from: State; to: State }> = {
  capture: { from: 'authorized', to: 'captured' },
  void: { from: 'authorized', to: 'voided' },
  refund: { from: 'captured', to: 'refunded' },
}

/** Takes, lets go or gives back; a refund may be over a part. Anything out of turn is answered 409 with the state it is in. */
export function advance(authorization: Authorization, move: Move, part?: number): Effect {
  const { from, to } = MOVES[move]
  const { id, state } = authorization
  if (state !== from)
    return { answer: refusal(409, 'unexpected_state', `${id} is ${state}: ${move} needs ${from}`, { state }) }
  const card = cardOf(authorization.token)
  if (move === 'capture' && card.kind === 'approves' && card.capture === 'fails')
    return {
      answer: refusal(402, 'card_declined', 'The money could not be taken.', { decline_code: 'capture_failed' }),
    }
  if (move === 'refund') return refund(authorization, part)
  const next = { ...authorization, state: to }
  return { answer: { status: 200, body: next }, authorization: next }
}

function refund(authorization: Authorization, part?: number): Effect {
  const { id, amount, refunded = 0, state } = authorization
  const left = amount - refunded
  const back = part ?? left
  if (back > left)
    return { answer: refusal(409, 'amount_too_large', `${left} of ${id} can be refunded, not ${back}`, { state }) }
  const next: Authorization = {
    ...authorization,
    state: back === left ? 'refunded' : 'captured',
    refunded: refunded + back,
  }
  return { answer: { status: 200, body: next }, authorization: next, moved: { kind: 'refunded', amount: back } }
}
