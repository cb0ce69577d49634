import { PaymentDeviated, PaymentRefunded } from '#events'
import { defineRoute, Problem, type Route } from '#http'
import type { WakeUp } from '#messaging'
import { readNotice, type Notice } from '#payment-gateway'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { Counter } from '#platform/metrics'
import { takeNotice, type Taken } from './take-notice.ts'

const notices = new Counter({
  name: 'fanfare_payment_notices_total',
  help: 'What the payment provider has told of itself, by what became of it.',
  labelNames: ['outcome'],
})

/** Where Stripe sends its events. It sends one again for three days, until the answer is 2xx: that follows the commit. */
export function providerRoutes({ db, wake, log }: { db: Database; log: Logger } & WakeUp): Route[] {
  async function taken(notice: Notice): Promise<Taken> {
    const became = await takeNotice(db, notice)
    if (became === 'noted') wake()
    if (became === 'stranger')
      log.warn(
        { notice: notice.id, of: notice.authorizationId },
        'a notice of the payment provider is for no order here',
      )
    return became
  }

  return [
    defineRoute({
      method: 'post',
      path: '/v1/payment-providers/stripe/events',
      publishes: [PaymentDeviated, PaymentRefunded],
      operationId: 'takeStripeEvent',
      summary: 'Stripe tells of something',
      tag: 'Payments',
      public: true, // whoever has signed it
      undocumented: true,
      takesBytes: true,
      idempotency: 'itself',
      replies: { 204: { description: 'It is stored, or of no concern' } },
      refusals: { 400: 'wrong-signature', 404: 'route-not-found', 503: 'not-yet' },
      async handle({ bytes, header }) {
        const told = await readNotice(bytes!, header('stripe-signature'))
        const outcome = told.kind === 'notice' ? await taken(told.notice) : told.kind
        notices.inc({ outcome })
        if (told.kind === 'unexpected')
          throw new Problem(404, 'route-not-found', 'Events of Stripe are expected where STRIPE_WEBHOOK_SECRET is set.')
        if (told.kind === 'forged') throw new Problem(400, 'wrong-signature', told.why)
        if (outcome === 'later')
          throw new Problem(503, 'not-yet', 'What this is about is still under way here: send it again.', {
            headers: { 'Retry-After': '5' },
          })
        return { status: 204 }
      },
    }),
  ]
}
