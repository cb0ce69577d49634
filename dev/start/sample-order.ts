import { say } from '../../src/cli/terminal/output.ts'
import { ending, followStory, type Story } from '../../src/cli/terminal/story.ts'

/** What we read of the API's answers; GET /openapi.json has all of it. */
interface Product {
  sku: string
  name: string
  available: number
}
interface Order {
  id: string
  total: { amount: number; currency: string }
  lines: { name: string; quantity: number }[]
}
const DEMO_KEY = 'fanfare_demo'
const PATIENCE_MS = 30_000

/** Places an order as any client would, and tells its story while it happens. That it cannot be done is told, and ends nothing. */
export async function placeSampleOrder(api: string): Promise<void> {
  await tellOfOne(api).catch(({ message, cause }: Error) =>
    say(`\nThe sample order cannot be told of: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}.`),
  )
}

async function tellOfOne(api: string): Promise<void> {
  const { products } = await ask<{ products: Product[] }>(`${api}/v1/products?limit=100`)
  const lines = products
    .filter(({ available }) => available > 2)
    .toSorted((a, b) => b.available - a.available)
    .slice(0, 2)
    .map(({ sku }, index) => ({ sku, quantity: index + 1 }))
  if (lines.length === 0) return say('Everything is sold, so no sample order was placed.')
  const order = await ask<Order>(`${api}/v1/orders`, { ...CUSTOMER, lines })
  say(`A sample order of ${inWords(order)}: ${api}/v1/orders/${order.id}\n`)
  const url = `${api}/v1/orders/${order.id}/story`
  let known: Story = { status: 'placed', settled: false, events: [] }
  const read = () =>
    ask<Story>(url).then(
      (told) => (known = told),
      () => known, // an API that died is started again, and tells the rest then
    )
  const story = await followStory(read, PATIENCE_MS)
  if (story) say(`\n${ending(story)}`)
  else say(`\nThe sample order has not come to an end after ${PATIENCE_MS / 1000} s; its story goes on at ${url}`)
}

const CUSTOMER = {
  customer: { name: 'Ada Sample', email: 'ada@example.com' },
  shippingAddress: { line1: '1 Market Street', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' },
  payment: { token: 'pm_card_visa' },
}

function inWords({ lines, total }: Order): string {
  const goods = lines.map(({ name, quantity }) => `${quantity} × ${name}`).join(' and ')
  const price = new Intl.NumberFormat('en-GB', { style: 'currency', currency: total.currency })
  return `${goods} for ${price.format(total.amount / 100)}`
}

async function ask<T>(url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${DEMO_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${reasonIn(await answer.text())}`)
  return (await answer.json()) as T
}

/** What a problem document says to a person. */
function reasonIn(text: string): string {
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string }
    return detail ?? title ?? text
  } catch {
    return text
  }
}
