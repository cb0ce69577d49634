import type Stripe from 'stripe'
import { RetryLater, Unrecoverable } from '#messaging'
import { inSpan, SpanKind } from '#platform/tracing'
import type { Amount, Call, GatewayAnswer, PaymentGateway, Wanted } from '../port.ts'
import { fromStripe, toStripe } from './amounts.ts'
import { lazyStripe, type StripeAccount } from './client.ts'
import { isLapsed, isReplay, judgeStripe } from './failures.ts'
import { openIntents } from './holds.ts'

/** An order that costs nothing: Stripe takes no amount of 0, and there is nothing to take. */
const NOTHING = 'nothing_'
/** Milliseconds after which a hold that the bank is still thinking about is asked about again. */
const PROCESSING_MS = 2_000
const PROCESSING_FOR_MS = 300_000

type Options = Stripe.RequestOptions
type Act = (stripe: Stripe, options: Options) => Promise<Stripe.PaymentIntent>

/**
 * Stripe: a PaymentIntent per order, captured by hand.
 *
 * Nothing happens twice, though Stripe forgets idempotency keys after a day, and until then repeats a failure as it repeats a success. A
 * PaymentIntent makes one charge at most. So it is made first, which holds nothing, its id is kept, and only then is it confirmed: asked again after days,
 * it is the same one, and its own status says what is done. Capturing and cancelling are guarded by that status as well. So a failure that comes from
 * Stripe's memory is asked about once more without the key. A refund has no such guard: it carries its key as metadata, and the refunds of the
 * PaymentIntent are looked through before one is made.
 */
export function createStripeGateway(account: StripeAccount): PaymentGateway {
  const client = lazyStripe(account)

  /** One request. Stripe's package knows no AbortSignal: what comes after the end of the call's time is nobody's any more. */
  const ask = <Answer>(what: string, { signal }: Pick<Call, 'signal'>, request: (stripe: Stripe) => Promise<Answer>) =>
    inSpan(`${what} at Stripe`, { kind: SpanKind.CLIENT, attributes: { 'server.address': account.apiUrl } }, async () =>
      within(signal, request(await client())),
    )

  /** A change of one PaymentIntent, whose status lets it happen once. */
  async function change(what: string, call: Call, act: Act) {
    const { idempotencyKey } = call
    try {
      return await ask(what, call, (stripe) => act(stripe, { idempotencyKey }))
    } catch (error) {
      if (!isReplay(error)) throw error
      return ask(what, call, (stripe) => act(stripe, {}))
    }
  }

  async function prepare({ amount, token, reference }: Wanted, call: Call): Promise<GatewayAnswer> {
    const money = toStripe(amount)
    if (!money) return unsupported(amount)
    if (amount.amount === 0) return { ok: true, authorizationId: NOTHING + reference }
    const wanted: Stripe.PaymentIntentCreateParams = {
      ...money,
      capture_method: 'manual',
      allowed_payment_method_types: ['card'],
      metadata: { order: reference },
    }
    const named = { ...call, idempotencyKey: `${call.idempotencyKey}:prepare` }
    const create = (stripe: Stripe, options: Options) => stripe.paymentIntents.create(wanted, options)
    try {
      return done(await change('prepare', named, create))
    } catch (error) {
      return judgeStripe(error, { ...call, token })
    }
  }

  async function authorize(
    { prepared, ...wanted }: Wanted & { prepared?: string | undefined },
    call: Call,
  ): Promise<GatewayAnswer> {
    const record = prepared === undefined ? await prepare(wanted, call) : done({ id: prepared })
    if (!record.ok || record.authorizationId.startsWith(NOTHING)) return record
    const { authorizationId: id } = record
    const confirmation = { payment_method: wanted.token, error_on_requires_action: true }
    const confirm = (stripe: Stripe, options: Options) => stripe.paymentIntents.confirm(id, confirmation, options)
    try {
      return outcomeOf(await change('authorize', call, confirm), wanted.amount)
    } catch (error) {
      const answer = judgeStripe(error, { ...call, token: wanted.token })
      if (answer.ok || !answer.state) return answer // it was confirmed before, or cancelled
      return outcomeOf(await ask('look', call, (stripe) => stripe.paymentIntents.retrieve(id)), wanted.amount)
    }
  }

  async function advance(id: string, to: 'captured' | 'voided', call: Call, act: Act): Promise<GatewayAnswer> {
    if (id.startsWith(NOTHING)) return done({ id })
    try {
      return done(await change(to === 'voided' ? 'void' : 'capture', call, act))
    } catch (error) {
      if (to === 'captured' && isLapsed(error)) return LAPSED
      const answer = judgeStripe(error, call)
      return !answer.ok && answer.state === to ? done({ id }) : answer
    }
  }

  /** @param isRest then there is no room for it twice, and no need to fear that it is made twice */
  async function refund(id: string, part: Amount, call: Call, isRest: boolean): Promise<GatewayAnswer> {
    if (id.startsWith(NOTHING)) return done({ id })
    const { idempotencyKey } = call
    const money = toStripe(part)
    if (!money) return unsupported(part)
    try {
      const made = (await refundUnder(id, call)) ?? (await makeRefund())
      const failed = made.status === 'failed' || made.status === 'canceled'
      if (!failed) return done({ id })
      return { ok: false, code: made.failure_reason ?? 'refund_failed', detail: 'The bank did not take the refund.' }
    } catch (error) {
      return judgeStripe(error, call)
    }

    async function makeRefund() {
      const wanted = { payment_intent: id, amount: money!.amount, metadata: { effect: idempotencyKey } }
      const make = (options: Options) => ask('refund', call, (stripe) => stripe.refunds.create(wanted, options))
      try {
        return await make({ idempotencyKey })
      } catch (error) {
        if (!isRest || !isReplay(error)) throw error
        return make({})
      }
    }
  }

  const refundUnder = (id: string, call: Call) =>
    ask('look for refunds', call, async (stripe) => {
      for await (const refund of stripe.refunds.list({ payment_intent: id, limit: 100 }))
        if (refund.metadata?.['effect'] === call.idempotencyKey) return refund
      return undefined
    })

  return {
    name: 'Stripe',
    prepare,
    authorize,
    capture: (id, call) =>
      advance(id, 'captured', call, (stripe, options) => stripe.paymentIntents.capture(id, {}, options)),
    void: (id, call) =>
      advance(id, 'voided', call, (stripe, options) => stripe.paymentIntents.cancel(id, OURS, options)),
    refundPart: (id, part, call) => refund(id, part, call, false),
    async refund(id, call, rest) {
      const answer = await refund(id, rest, call, true)
      return !answer.ok && answer.code === 'charge_already_refunded' ? done({ id }) : answer
    },
    open: (since) => openIntents(client, since),
  }
}

const done = ({ id }: { id: string }): GatewayAnswer => ({ ok: true, authorizationId: id })

/** What we cancel, we cancel for this reason: any other cancellation was made by Stripe (after 7 days), or in its dashboard. */
const OURS = { cancellation_reason: 'abandoned' } as const

const LAPSED: GatewayAnswer = {
  ok: false,
  code: 'authorization_canceled',
  detail: 'The hold was let go at Stripe, by hand or after its days.',
}

const unsupported = ({ amount, currency }: Amount): GatewayAnswer => ({
  ok: false,
  code: 'amount_not_supported',
  detail: `Stripe cannot be asked for ${amount} minor units of ${currency}.`,
})

/** What the confirmation of a PaymentIntent has come to. @throws Unrecoverable when it is over something else */
function outcomeOf(intent: Stripe.PaymentIntent, wanted: Amount): GatewayAnswer {
  const { amount, currency } = fromStripe(intent.amount, intent.currency)
  if (amount !== wanted.amount || currency !== wanted.currency)
    throw new Unrecoverable(`Stripe was asked for ${amount} ${currency} before, and now for other data`)
  switch (intent.status) {
    case 'requires_capture':
    case 'succeeded':
      return done(intent)
    case 'processing':
      throw new RetryLater(PROCESSING_MS, 'Stripe waits for the bank', { forMs: PROCESSING_FOR_MS })
    case 'requires_action':
      return { ok: false, code: 'authentication_required', detail: 'The bank wants to hear from the customer.' }
    case 'canceled':
      return LAPSED
    default: {
      const { code = 'card_declined', decline_code: declined, message = '' } = intent.last_payment_error ?? {}
      return { ok: false, code: declined ?? code, detail: message }
    }
  }
}

/** The answer, or that the time of the call is over. */
async function within<Answer>(signal: AbortSignal, answer: Promise<Answer>): Promise<Answer> {
  signal.throwIfAborted()
  const over = new Promise<never>((_answer, end) => {
    signal.addEventListener('abort', () => end(new Error('the time of the call is over')), { once: true })
  })
  return Promise.race([answer, over])
}
