/** Requests to the API with one key. */
export type Ask = <Answer>(path: string, body?: unknown, method?: string) => Promise<Answer>

export const asking =
  (url: string, key: string): Ask =>
  async <Answer>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }

const NAMES = ['Ada Lovelace', 'Alan Turing', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Tony Hoare']
const SKUS = ['TEA-01', 'TEA-02', 'JAM-01', 'MUG-01', 'MUG-02', 'SCONE-01', 'SPOON-01', 'TRAY-01', 'TEAPOT-01']

/** What is not as usual, and how often: each so many orders. */
const UNUSUAL = [
  { every: 9, domain: 'left.example' },
  { every: 14, domain: 'strict.example' },
  { every: 11, domain: 'full.example' },
  { every: 10, token: 'pm_card_chargeDeclinedInsufficientFunds' },
  { every: 8, token: 'pm_sandbox_flaky' },
  { every: 17, token: 'pm_sandbox_captureFail' },
  { every: 23, domain: 'mailinator.com', token: 'pm_card_visa' },
] as const

const oneOf = <One>(all: readonly One[]): One => all[Math.floor(Math.random() * all.length)]!

/** The n-th order. */
export function orderOf(n: number) {
  const unusual = UNUSUAL.find(({ every }) => n % every === every - 1)
  const { domain = 'example.com', token = 'pm_card_visa' } = { ...unusual } as { domain?: string; token?: string }
  const name = oneOf(NAMES)
  const skus = [...new Set([oneOf(SKUS), oneOf(SKUS)])]
  return {
    customer: { name, email: `${name.split(' ')[0]!.toLowerCase()}@${domain}` },
    shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
    lines: skus.map((sku) => ({ sku, quantity: 1 + Math.floor(Math.random() * 3) })),
    payment: { token },
  }
}

/** What there is to sell, a shop that is told, and a client with keys. What is there already is left as it is. */
export async function furnish(ask: Ask, shopPort: number): Promise<void> {
  const { webhooks } = await ask<{ webhooks: unknown[] }>('/v1/webhooks')
  const reason = 'The season begins'
  if (webhooks.length > 0) return
  for (const path of ['fulfilment', 'crm', 'old'])
    await ask('/v1/webhooks', {
      url: `http://127.0.0.1:${shopPort}/${path}`,
      description: { fulfilment: 'Warehouse in Leeds', crm: 'Customer relations', old: 'The shop before' }[path],
      eventTypes: path === 'crm' ? ['order.placed', 'order.shipped'] : [],
    })
  await ask('/v1/stock/receipts', { lines: SKUS.map((sku) => ({ sku, quantity: 20_000 })), reason })
  for (const name of ['web-shop', 'support-desk', 'parcel-carrier']) {
    await ask('/v1/clients', { name, reason })
    await ask(`/v1/clients/${name}/keys`, { scopes: ['orders:read', 'orders:write', 'refunds'], test: false, reason })
  }
}
