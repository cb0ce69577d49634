import { NO_ADDRESS, OrderPlaced, StockReserved, type Customer } from '#events'
import { defineReaction, subscribe, Unrecoverable } from '#messaging'
import { uuidv7 } from '#platform/uuid'
import { react, record, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../../../testing/api.ts'
import { StoryView } from './story.ts'

const thank = defineReaction({ name: 'loyalty.thank', on: OrderPlaced, handle: () => null })
const reserve = defineReaction({
  name: 'inventory.reserve',
  on: OrderPlaced,
  publishes: StockReserved,
  handle: ({ data: { orderId } }) => StockReserved({ orderId, lines: [] }),
})
const sulk = defineReaction({
  name: 'moody.sulk',
  on: OrderPlaced,
  handle: () => {
    throw new Unrecoverable('does not want to')
  },
})

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
  await subscribe(database.db, [thank, reserve, sulk])
})
afterAll(async () => {
  await api.close()
  await database.close()
})

async function placed() {
  const { id } = (await api.place(anOrder())).body as { id: string }
  const event = await database.db.event.findFirstOrThrow({ where: { correlationId: id } })
  return { id, event: { ...event, time: event.occurredAt } }
}

const storyOf = async (id: string) => StoryView.parse((await api.get(`/v1/orders/${id}/story`)).body)

describe('the story of an order', () => {
  it('begins with who has yet to react', async () => {
    const { id } = await placed()
    const story = await storyOf(id)
    expect(story).toMatchObject({ orderId: id, status: 'placed', settled: false })
    expect(story.events).toMatchObject([
      { type: 'order.placed', streamVersion: 1, afterMs: 0, causationId: null, publishedBy: null },
    ])
    expect(story.events[0]!.reactions.map(({ reaction, state }) => [reaction, state])).toEqual([
      ['inventory.reserve', 'waiting'],
      ['loyalty.thank', 'waiting'],
      ['moody.sulk', 'waiting'],
    ])
    const data = story.events[0]!.data as { customer: Customer }
    expect(data.customer).toEqual({ name: '-', email: NO_ADDRESS })
  })

  it('never tells the payment token that events of version 1 have recorded', async () => {
    const { id, event } = await placed()
    const data = { ...(event.data as object), payment: { token: 'pm_card_visa' } }
    await record(database, { type: 'order.placed', version: 1, stream: event.stream, data })
    const story = await storyOf(id)
    expect(story.events).toHaveLength(2)
    expect(JSON.stringify(story)).not.toContain('pm_card_visa')
  })

  it('tells in causal order what followed from what, and how long it took', async () => {
    const { id, event } = await placed()
    await react(database, reserve, event)
    await react(database, thank, event)
    const { events, settled } = await storyOf(id)
    expect(settled).toBe(false)
    expect(events).toMatchObject([
      { type: 'order.placed' },
      { type: 'stock.reserved', causationId: event.id, publishedBy: 'inventory.reserve', reactions: [] },
    ])
    expect(events[0]!.reactions).toMatchObject([
      {
        reaction: 'inventory.reserve',
        state: 'handled',
        attempt: 1,
        durationMs: expect.any(Number),
        afterMs: expect.any(Number),
      },
      { reaction: 'loyalty.thank', state: 'handled' },
      { reaction: 'moody.sulk', state: 'waiting', handledAt: null },
    ])
  })

  it('tells failures and dead letters, and is settled when nobody will try again', async () => {
    const { id, event } = await placed()
    await react(database, reserve, event)
    await react(database, thank, event)
    const delivery = { id: uuidv7(), reaction: 'moody.sulk', eventId: event.id, reason: 'failed', attempts: 1 }
    await database.db.delivery.create({ data: { ...delivery, state: 'retrying', dueAt: new Date() } })
    const entry = { reaction: 'moody.sulk', eventId: event.id, instance: 'test', errorName: 'Sulk', errorMessage: 'no' }
    await database.db.deliveryHistory.create({ data: { ...entry, what: 'failed', attempt: 1, dueAt: new Date() } })
    expect((await storyOf(id)).events[0]!.reactions.at(-1)).toMatchObject({
      state: 'retrying',
      dueAt: expect.any(String),
      history: [{ what: 'failed', attempt: 1, error: 'Sulk: no' }],
    })
    await database.db.delivery.updateMany({ data: { state: 'dead', dueAt: null, reason: 'unrecoverable' } })
    await database.db.deliveryHistory.create({ data: { ...entry, what: 'dead', attempt: 2 } })
    const { events, settled } = await storyOf(id)
    expect(settled).toBe(true)
    expect(events[0]!.reactions.at(-1)).toMatchObject({
      state: 'dead',
      reason: 'unrecoverable',
      deliveryId: delivery.id,
      history: [{ what: 'failed' }, { what: 'dead', attempt: 2, error: 'Sulk: no', dueAt: null }],
    })
  })
})
