import { setTimeout as sleep } from 'node:timers/promises'
import { say, styled } from './terminal.ts'

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
interface Reaction {
  reaction: string
  state: string
  afterMs: number | null
  durationMs: number | null
  failures: { attempt: number; error: string }[]
  deadLetters: { error: string }[]
}
export interface Story {
  status: string
  settled: boolean
  events: { id: string; type: string; afterMs: number; reactions: Reaction[] }[]
}

const DEMO_KEY = 'fanfare_demo'
const POLL_MS = 40
const PATIENCE_MS = 30_000

/** Places an order as any client would, and tells its story while it happens. */
export async function placeSampleOrder(api: string): Promise<void> {
  const { products } = await ask<{ products: Product[] }>(`${api}/v1/products?limit=100`)
  const lines = products
    .filter(({ available }) => available > 2)
    .toSorted((a, b) => b.available - a.available)
    .slice(0, 2)
    .map(({ sku }, index) => ({ sku, quantity: index + 1 }))
  if (lines.length === 0) return say('Everything is sold, so no sample order was placed.')
  const order = await ask<Order>(`${api}/v1/orders`, { ...CUSTOMER, lines })
  say(`A sample order of ${inWords(order)}: ${api}/v1/orders/${order.id}\n`)
  await tellStory(`${api}/v1/orders/${order.id}/story`)
}

const CUSTOMER = {
  customer: { name: 'Ada Sample', email: 'ada@example.com' },
  shippingAddress: { line1: '1 Market Street', city: 'London', postalCode: 'EC1A 1BB', country: 'GB' },
  payment: { token: 'pm_card_visa' },
}

async function tellStory(url: string): Promise<void> {
  const told = new Set<string>()
  const deadline = Date.now() + PATIENCE_MS
  while (Date.now() < deadline) {
    const story = await ask<Story>(url)
    const news = linesOf(story).filter(({ key }) => !told.has(key))
    for (const { key, text } of news) {
      told.add(key)
      say(text)
    }
    if (story.settled && story.events.length > 0) return say(`\n${ending(story)}`)
    await sleep(POLL_MS)
  }
  say(`\nThe sample order has not come to an end after ${PATIENCE_MS / 1000} s; its story goes on at ${url}`)
}

interface Line {
  /** What makes it the same line when the story is read again. */
  key: string
  atMs: number
  text: string
}

/** What has happened so far, line by line, by the clock. */
export function linesOf({ events }: Story): Line[] {
  const lines = events.flatMap(({ id, type, afterMs, reactions }) => [
    { key: id, atMs: afterMs, text: `${moment(afterMs)}  ${styled('bold', type)}` },
    ...reactions.flatMap((reaction) =>
      reactionLines(reaction, afterMs).map((line) => ({ ...line, key: id + line.key })),
    ),
  ])
  return lines.toSorted((a, b) => a.atMs - b.atMs)
}

function reactionLines(
  { reaction, state, afterMs, durationMs, failures, deadLetters }: Reaction,
  since: number,
): Line[] {
  const line = (key: string, atMs: number | null, mark: string, words: string) => ({
    key: reaction + key,
    atMs: atMs ?? since,
    text: `${moment(atMs)}    ${mark} ${reaction}${words}`,
  })
  const took = durationMs === null ? '' : styled('dim', `  ${durationMs.toFixed(1)} ms`)
  return [
    ...failures.map(({ attempt, error }) =>
      line(`#${attempt}`, null, styled('yellow', '✗'), `, attempt ${attempt}: ${error}`),
    ),
    ...deadLetters.map(({ error }) => line('†', null, styled('red', '†'), `: ${error}`)),
    ...(state === 'handled' ? [line('', afterMs, styled('green', '✓'), took)] : []),
  ]
}

function moment(afterMs: number | null): string {
  return afterMs === null ? ' '.repeat(10) : `${String(Math.round(afterMs)).padStart(7)} ms`
}

function ending({ status, events }: Story): string {
  const reactions = events.flatMap((event) => event.reactions)
  const times = [...events, ...reactions].map(({ afterMs }) => afterMs ?? 0)
  return `The order is ${status}: ${events.length} events and ${reactions.length} reactions in ${Math.max(...times)} ms.`
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
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T
}
