import { randomUUID } from 'node:crypto'

export const API_KEY = 'fanfare_bench'
/** Minor units, of every product. */
export const PRICE = 1_250
export const SKUS = Array.from({ length: 1_000 }, (_, index) => `SKU-${String(index + 1).padStart(4, '0')}`)

/** A customer with a name of their own who wants two of the thousand products. */
function newOrder(nth: number) {
  const first = Math.floor(Math.random() * (SKUS.length / 2))
  const second = SKUS.length / 2 + Math.floor(Math.random() * (SKUS.length / 2))
  return {
    customer: { name: `Customer ${nth}`, email: `customer-${nth}-${first}-${second}@example.com` },
    shippingAddress: { line1: `${nth} High Street`, city: 'London', postalCode: 'EC1A 1BB', country: 'GB' },
    lines: [
      { sku: SKUS[first]!, quantity: 1 },
      { sku: SKUS[second]!, quantity: 2 },
    ],
    payment: { token: 'pm_card_visa' },
  }
}

/** The whole request as it goes over the wire. */
export function orderRequest(nth: number): string {
  const body = JSON.stringify(newOrder(nth))
  return (
    `POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${API_KEY}\r\n` +
    `Content-Type: application/json\r\nIdempotency-Key: ${randomUUID()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  )
}
