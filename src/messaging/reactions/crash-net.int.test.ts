import { OrderPlaced } from '#events'
import { defineReaction, type RecordedEvent } from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'
import { encode } from '../cloud-event.ts'

let system: TestSystem
afterEach(() => system.close())

const reaction = defineReaction({ name: 'test.drained', on: OrderPlaced, handle: () => null })

/** As RabbitMQ moves a message to the crash net. */
const givenUp = (event: RecordedEvent, deadQueue: string) => ({
  exchange: '',
  routingKey: deadQueue,
  messageId: event.id,
  contentType: 'application/cloudevents+json',
  headers: { 'x-delivery-count': 101, 'x-last-death-reason': 'delivery_limit' },
  body: encode(event, JSON.stringify(event.data)),
})

test('what RabbitMQ gave up on is kept as a dead letter, byte by byte', async () => {
  system = await testSystem([reaction])
  const [recorded] = await record(system, anOrderPlaced())
  const event = { ...recorded!, id: '00000000-0000-7000-8000-000000000001' }
  const deadQueue = system.names.deadQueue(reaction.name)
  await system.broker.publish([givenUp(event, deadQueue), { ...givenUp(event, deadQueue), body: Buffer.from('?') }])
  const letters = await deadline('two dead letters', async () => {
    const found = await system.db.delivery.findMany({ orderBy: { eventId: 'asc' } })
    return found.length === 2 ? found : undefined
  })
  expect(letters).toMatchObject([
    {
      reaction: reaction.name,
      reason: 'delivery-limit',
      eventId: event.id,
      eventType: 'order.placed',
      stack: null,
      errorMessage:
        'RabbitMQ gave this message up (delivery_limit after 101 deliveries): its deliveries ended without an outcome',
    },
    { reason: 'delivery-limit', eventId: null },
  ])
  await deadline('the crash net is empty', async () => (await system.broker.depth(deadQueue)) === 0)
  expect(Buffer.from(letters[1]!.body!).toString()).toBe('?')
})

test('an event that was handled after all leaves no dead letter', async () => {
  system = await testSystem([reaction])
  const [event] = await record(system, anOrderPlaced())
  await system.settled()
  const deadQueue = system.names.deadQueue(reaction.name)
  const other = { ...event!, id: '00000000-0000-7000-8000-000000000001' }
  await system.broker.publish([givenUp(event!, deadQueue), givenUp(other, deadQueue)])
  await deadline('the other one', () => system.db.delivery.findFirst({ where: { eventId: other.id } }))
  expect(await system.db.delivery.count()).toBe(1)
})
