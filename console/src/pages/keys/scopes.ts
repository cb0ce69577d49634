/** What a key may be allowed to do, as the API knows it. */
export const OFFERED = [
  { scope: 'orders:read', words: 'read its own orders' },
  { scope: 'orders:write', words: 'place and cancel orders' },
  { scope: 'refunds', words: 'give money back' },
  { scope: 'shipments:report', words: 'report what became of parcels' },
  { scope: 'catalog:write', words: 'change products, prices and stock' },
  { scope: 'webhooks', words: 'have events sent to it' },
  { scope: 'analytics', words: 'read sales figures' },
  { scope: 'admin', words: 'everything, on the orders of every client' },
] as const
