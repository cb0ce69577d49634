/** One order that the examples of the events tell of, so that they read as one story. */
export const orderId = '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7'
export const called = { number: 'FF-1042', reference: 'web-2026-118' }
export const customer = { name: 'Ada Lovelace', email: 'ada@example.com' }
export const shippingAddress = { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' }
export const lines = [{ sku: 'MUG-01', name: 'Enamel mug', quantity: 2, unitPrice: 1_250 }]
export const goods = [{ sku: 'MUG-01', quantity: 2 }]
export const total = { amount: 2_500, currency: 'GBP' }
export const costs = {
  items: 2_500,
  discount: 0,
  shipping: 0,
  tax: 417,
  taxIncluded: true,
  discounts: [],
  taxes: [{ name: 'VAT', percent: '20', taxed: 2_083, amount: 417 }],
  lines: [{ discount: 0, tax: 417, total: 2_500 }],
}
export const parcel = { carrier: 'Fanfare Post', trackingNumber: 'FP7C417D059A3E5B' }
export const refundId = '0199f6a3-1b7e-7c55-9d10-3f8e2a6c4b71'
export const cancellationId = '0199f6a2-9d33-7e11-8c20-4a5b6c7d8e9f'
export const returnId = '0199f6b4-2c51-7a90-9b3d-6e7f8091a2b3'
export const shipmentId = '0199f6a2-8e10-7b42-8d6f-c3a9e07b1f52'
