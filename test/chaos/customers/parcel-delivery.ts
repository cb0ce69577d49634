import { setTimeout as wait } from 'node:timers/promises'
import type { Dice } from '../dice.ts'

interface Route {
  apiUrl: string
  apiKey: string
  dice: Dice
}

const EVERY_MS = 1_000
const AT_ONCE = 5
const GOODWILL = { amount: { amount: 100, currency: 'GBP' }, reason: 'goodwill' }

/**
 * Brings parcels to their customers, some of whom send them back, and some get a little of their money back. Whatever is not answered is simply tried again with the
 * next look. @returns a function that ends it
 */
export function startParcelDelivery({ apiUrl, apiKey, dice }: Route): () => Promise<void> {
  const stopping = new AbortController()
  const ask = async (path: string, method = 'GET', body?: object) => {
    const headers = { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) }
    const signal = AbortSignal.timeout(5_000)
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers,
      signal,
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const someOrders = async (status: string): Promise<string[]> => {
    const { orders = [] } = (await ask(`/v1/orders?status=${status}&limit=50`)) as { orders?: { id: string }[] }
    return dice
      .shuffle(orders)
      .slice(0, AT_ONCE)
      .map(({ id }) => id)
  }
  const deliver = async (id: string) => {
    const { shipment } = (await ask(`/v1/orders/${id}`)) as { shipment?: { trackingNumber: string } }
    if (shipment) await ask(`/v1/shipments/${shipment.trackingNumber}/delivered`, 'POST')
  }
  let returns = 0
  /** A piece, a damaged one, or all that is left. */
  const sendBack = async (id: string) => {
    const { lines = [] } = (await ask(`/v1/orders/${id}`)) as { lines?: { sku: string }[] }
    const one = { sku: lines[0]?.sku, quantity: 1, restock: returns % 3 === 0 }
    await ask(`/v1/orders/${id}/returns`, 'POST', returns++ % 3 < 2 ? { lines: [one] } : {})
  }
  const round = async () => {
    for (const id of await someOrders('shipped')) await deliver(id)
    const [sentBack, complained] = await someOrders('delivered')
    if (complained) await ask(`/v1/orders/${complained}/refunds`, 'POST', GOODWILL)
    if (sentBack) await sendBack(sentBack)
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      await round().catch(() => {}) // the system does not answer: next time
      await wait(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}
