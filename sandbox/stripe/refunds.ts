import { textOf, textsOf, wholeOf, type Form } from './form.ts'
import { invalid, newId, seconds, type Answer, type PaymentIntent, type Refund } from './objects.ts'

/** Gives back a part of what was captured, or all that is left. */
export function createRefund(intent: PaymentIntent | undefined, form: Form): Answer {
  const charge = intent?.latest_charge
  if (!intent || !charge || intent.status !== 'succeeded')
    return invalid(
      `This PaymentIntent (${textOf(form, 'payment_intent')}) does not have a successful charge to refund.`,
    )
  if (charge.refunded)
    return invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' })
  const left = charge.amount - charge.amount_refunded
  const amount = wholeOf(form, 'amount', 1)
  if (amount === null) return invalid('Invalid integer', { param: 'amount', code: 'parameter_invalid_integer' })
  if (amount !== undefined && amount > left)
    return invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    })
  charge.amount_refunded += amount ?? left
  charge.refunded = charge.amount_refunded === charge.amount
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount: amount ?? left,
    currency: intent.currency,
    charge: charge.id,
    payment_intent: intent.id,
    created: seconds(),
    status: 'succeeded',
    metadata: textsOf(form['metadata']),
  }
  return { status: 200, body: refund }
}
