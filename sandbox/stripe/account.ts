import { setTimeout as wait } from 'node:timers/promises'
import { cardOf } from '../payment-gateway/cards.ts'
import { createHistory } from './events.ts'
import { readForm, textOf, type Form } from './form.ts'
import { cancelIntent, captureIntent, confirmIntent, createIntent } from './intents.ts'
import { missing, refusal, type Answer, type PaymentIntent, type Refund } from './objects.ts'
import { createRefund } from './refunds.ts'
import { rememberAnswers, type Told } from './remembered.ts'

const ONE = /^\/v1\/payment_intents\/(\w+)(?:\/(confirm|capture|cancel))?$/
const FLAKY_FAILURES = 2
const LOCKED = refusal(429, {
  type: 'invalid_request_error',
  code: 'lock_timeout',
  message: 'This object cannot be accessed right now because another API request is accessing it.',
})
const BROKEN = refusal(500, { type: 'api_error', message: 'An unknown error occurred' })

/** What an account at Stripe holds, without its HTTP. @param slowMs how long a slow bank works on a confirmation */
export function createAccount(slowMs: number) {
  const intents = new Map<string, PaymentIntent>()
  const refunds: Refund[] = []
  const locked = new Set<string>()
  const failures = new Map<string, number>()
  const remembered = rememberAnswers()
  const history = createHistory()

  function write(pathname: string, key: string | undefined, raw: string): Promise<Told> {
    const form = readForm(raw)
    return remembered.once(key, `${pathname} ${raw}`, async () => {
      if (pathname === '/v1/payment_intents') return keep(createIntent(form))
      if (pathname === '/v1/refunds') return refund(form, key)
      const [, id = '', move] = ONE.exec(pathname) ?? []
      const intent = intents.get(id)
      if (!intent || !move) return missing(`payment_intent: '${id}'`, 'intent')
      if (locked.has(id)) return LOCKED
      locked.add(id)
      try {
        return await moved(intent, move, form, key)
      } finally {
        locked.delete(id)
      }
    })
  }

  async function moved(intent: PaymentIntent, move: string, form: Form, key?: string): Promise<Answer> {
    if (move === 'capture') return captureIntent(intent, form)
    if (move === 'cancel') return cancel(intent, textOf(form, 'cancellation_reason') ?? null, key)
    const { kind } = cardOf(textOf(form, 'payment_method') ?? '')
    const isNew = intent.status === 'requires_payment_method'
    const failed = failures.get(intent.id) ?? 0
    if (kind === 'slow' && isNew) await wait(slowMs)
    if (kind === 'flaky' && isNew && failed < FLAKY_FAILURES) {
      failures.set(intent.id, failed + 1)
      return BROKEN
    }
    return confirmIntent(intent, form)
  }

  function keep(answer: Answer): Answer {
    if (answer.status === 200) intents.set((answer.body as PaymentIntent).id, answer.body as PaymentIntent)
    return answer
  }

  function cancel(intent: PaymentIntent, reason: string | null, key?: string): Answer {
    const answer = cancelIntent(intent, reason)
    if (answer.status === 200) history.note('payment_intent.canceled', intent, key)
    return answer
  }

  function refund(form: Form, key?: string): Answer {
    const answer = createRefund(intents.get(textOf(form, 'payment_intent') ?? ''), form)
    if (answer.status !== 200) return answer
    refunds.push(answer.body as Refund)
    history.note('refund.created', answer.body, key)
    return answer
  }

  function read({ pathname, searchParams }: URL): Answer {
    if (pathname === '/v1/payment_intents') return { status: 200, body: list([...intents.values()], searchParams) }
    if (pathname === '/v1/refunds') {
      const of = searchParams.get('payment_intent')
      return {
        status: 200,
        body: list(
          refunds.filter((one) => one.payment_intent === of),
          searchParams,
        ),
      }
    }
    const found = intents.get(ONE.exec(pathname)?.[1] ?? '')
    return found ? { status: 200, body: found } : missing('payment_intent', 'intent')
  }

  return {
    read,
    write,
    intents,
    refunds,
    events: history.events,
    /** What the keys stood for is forgotten, as after a day. */
    forgetKeys: remembered.forget,
    /** What somebody does in the dashboard, or Stripe by itself: no request of ours. */
    outside: {
      cancel: (id: string, reason = 'automatic') => cancel(intents.get(id)!, reason),
      refund: (id: string, amount: number) => refund({ payment_intent: id, amount: String(amount) }),
      dispute: (id: string) => history.dispute(intents.get(id)!),
      failRefund: (id: string) => history.failRefund(refunds.find((one) => one.id === id)!),
    },
  }
}

/** Newest first. */
function list<One extends { id: string; created: number }>(all: readonly One[], query: URLSearchParams) {
  const since = Number(query.get('created[gte]') ?? 0)
  const sorted = all.filter(({ created }) => created >= since).toReversed()
  const from = sorted.findIndex(({ id }) => id === query.get('starting_after')) + 1
  const limit = Number(query.get('limit') ?? 10)
  const data = sorted.slice(from, from + limit)
  return { object: 'list', data, has_more: from + limit < sorted.length, url: '/v1/list' }
}
