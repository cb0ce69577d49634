import type Stripe from 'stripe'
import type { Hold } from '../port.ts'
import { fromStripe } from './amounts.ts'
import { stateOf } from './failures.ts'

/** Most that Stripe lists on a page. */
const PAGE = 100

/** The PaymentIntents of orders that hold money or have taken it, newest first; those that were refunded as a whole are left out. */
export async function* openIntents(client: () => Promise<Stripe>, since: Date): AsyncGenerator<readonly Hold[]> {
  const { paymentIntents } = await client()
  const created = { gte: Math.floor(since.getTime() / 1_000) }
  let page = await paymentIntents.list({ created, limit: PAGE, expand: ['data.latest_charge'] })
  for (;;) {
    yield page.data.flatMap(holdOf)
    const last = page.data.at(-1)
    if (!page.has_more || !last) return
    page = await paymentIntents.list({
      created,
      limit: PAGE,
      expand: ['data.latest_charge'],
      starting_after: last.id,
    })
  }
}

function holdOf(intent: Stripe.PaymentIntent): Hold[] {
  const state = stateOf(intent)
  const reference = intent.metadata['order']
  const charge = intent.latest_charge
  const isBack = typeof charge === 'object' && charge?.refunded
  if (reference === undefined || isBack || (state !== 'authorized' && state !== 'captured')) return []
  const amount = fromStripe(intent.amount, intent.currency)
  return [{ authorizationId: intent.id, reference, state, amount, created: new Date(intent.created * 1_000) }]
}
