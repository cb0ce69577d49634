import { setTimeout as after } from 'node:timers/promises'
import { orderOf, type Ask } from './customers.ts'

interface Order {
  id: string
  status: string
  paymentStatus: string
  shipments: { trackingNumber: string }[]
}

/** An order of which a piece is cancelled, the others leave in two parcels, and one comes back broken. */
export async function sellInParts(ask: Ask): Promise<void> {
  const lines = ['TEA-01', 'MUG-01', 'JAM-01'].map((sku) => ({ sku, quantity: 2 }))
  const { id } = await ask<Order>('/v1/orders', { ...orderOf(0), lines, fulfillment: 'manual' })
  const order = () => ask<Order>(`/v1/orders/${id}`)
  const change = (what: string, body: object) => ask(`/v1/orders/${id}/${what}`, body)
  await change('lines/cancel', { lines: [{ sku: 'JAM-01', quantity: 1 }], reason: 'one is enough' })
  while (!(await order()).paymentStatus.match(/captured|refunded/)) await after(500)
  await change('shipments', {
    lines: [{ sku: 'MUG-01' }],
    carrier: 'DHL',
    trackingNumber: `JD${id.slice(-12).toUpperCase()}`,
  })
  await change('shipments', {})
  for (const { trackingNumber } of (await order()).shipments) await ask(`/v1/shipments/${trackingNumber}/delivered`, {})
  while ((await order()).status !== 'delivered') await after(500)
  await change('returns', { lines: [{ sku: 'MUG-01', quantity: 1, restock: false }], reason: 'chipped' })
  await change('returns', { lines: [{ sku: 'TEA-01', quantity: 1 }], reason: 'not to their taste' })
}
