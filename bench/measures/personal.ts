import { OrderPlaced } from '#events'
import { append, encodeCloudEvent, type NewEvent } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { openDatabase, type Database } from '#platform/database'
import { readMessages, type Incoming } from '../../src/messaging/reactions/batch/message.ts'
import type { Benchmark, Ratio, Side } from '../benchmark.ts'
import type { Environment } from '../environment/environment.ts'

/** As many as share a commit when many are placed at once, and as many as a worker handles together. */
const [COMMIT, BATCH] = [20, 100]
/** So many customers order again and again. */
const CUSTOMERS = 500
const TYPES = new Map([[OrderPlaced.type, OrderPlaced]])

/** What sealing costs, against the same events whose personal data stand there for everybody to read. */
export function personal(environment: Environment): Benchmark {
  const side = (sealed: boolean, work: typeof appending) => async () => {
    const { url } = await environment.create('personal')
    const { db, close } = openDatabase(url, { planning: 'by-key' })
    environment.onReset(close)
    return work(db, sealed)
  }
  return {
    title: 'Personal data',
    method:
      `Events order.placed of ${CUSTOMERS} customers: ${COMMIT} at a time are appended, each time in a transaction of its own; and ${BATCH} ` +
      'at a time are read as a worker reads them from their messages, with keys that it remembers. The baseline does the same with events that ' +
      'are not sealed. The relay carries the stored text as it is: its cost is that of the bytes.',
    settings: { 'events per commit': COMMIT, 'events per batch': BATCH },
    sides: {
      'append-plain': side(false, appending),
      append: side(true, appending),
      'read-plain': side(false, reading),
      read: side(true, reading),
    },
    ratios: [
      { ...RATE, title: 'appended', ours: 'append', baseline: 'append-plain' },
      { ...RATE, title: 'read from messages', ours: 'read', baseline: 'read-plain' },
      { ...BYTES, title: 'size of a message', ours: 'read', baseline: 'read-plain' },
    ],
  }
}

const RATE = { value: 'rate', unit: 'events/s' } satisfies Partial<Ratio>
const BYTES = { value: 'bytes', unit: 'bytes', better: 'lower' } satisfies Partial<Ratio>

function anOrder(nth: number, sealed: boolean): NewEvent {
  const { marked, ...event } = OrderPlaced({
    orderId: uuidv7(),
    customer: { name: 'Ada Lovelace', email: `customer-${nth % CUSTOMERS}@example.com`, phone: '+44 20 7946 0000' },
    shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
    lines: [{ sku: 'MUG-01', name: 'Enamel mug', quantity: 2, unitPrice: 1_250 }],
    total: { amount: 2_500, currency: 'GBP' },
  })
  return sealed && marked ? { ...event, marked } : event
}

const orders = (count: number, sealed: boolean) => Array.from({ length: count }, (_, nth) => anOrder(nth, sealed))

function appendAll(db: Database, events: readonly NewEvent[]) {
  return db.$transaction((tx) =>
    append(
      tx,
      events.map((event) => ({ event, correlationId: event.stream })),
    ),
  )
}

async function appending(db: Database, sealed: boolean): Promise<Side> {
  const run = (seconds: number) => repeated(seconds, COMMIT, () => appendAll(db, orders(COMMIT, sealed)))
  return { title: sealed ? 'append' : 'append, not sealed', warmUp: () => run(1), run }
}

async function reading(db: Database, sealed: boolean): Promise<Side> {
  await appendAll(db, orders(BATCH, sealed))
  const stored = await db.event.findMany({ take: BATCH })
  const messages = stored.map(({ occurredAt: time, ...event }) => {
    const body = encodeCloudEvent({ ...event, time }, JSON.stringify(event.data))
    return { delivery: { body, contentType: undefined } } as Incoming
  })
  const bytes = messages.reduce((sum, { delivery }) => sum + delivery!.body.length, 0) / BATCH
  const run = async (seconds: number) => ({
    ...(await repeated(seconds, BATCH, () => readMessages(messages, { personalData: true }, TYPES, db))),
    bytes,
  })
  return { title: sealed ? 'read' : 'read, not sealed', warmUp: () => run(1), run }
}

/** @returns how many a second */
async function repeated(seconds: number, each: number, work: () => Promise<unknown>) {
  const began = performance.now()
  const end = began + seconds * 1_000
  let count = 0
  for (; performance.now() < end; count += each) await work()
  return { rate: count / ((performance.now() - began) / 1_000) }
}
