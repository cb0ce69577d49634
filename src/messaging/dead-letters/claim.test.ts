import { createNames } from '../broker/topology.ts'
import { toMessage } from './claim.ts'

const letter = {
  id: '00000000-0000-7000-8000-00000000000d',
  eventId: '00000000-0000-7000-8000-00000000000e',
  eventType: 'order.placed',
  contentType: 'application/cloudevents+json',
  exchange: 'order.placed',
  routingKey: '',
  body: Buffer.from('{}'),
  handled: false,
}

test('a redriven message is as it first was: without the marks of its death, at its first attempt', () => {
  const headers = {
    tenant: 'acme',
    'x-death': [{ reason: 'rejected', count: 3 }],
    'x-first-death-exchange': 'order.placed',
    'x-last-death-reason': 'delivery_limit',
    'x-delivery-count': 101,
    'x-acquired-count': 102,
    CC: ['other'],
    'x-fanfare-attempt': 6,
    'x-fanfare-first-failed-at': '2026-01-01T00:00:00.000Z',
  }
  expect(toMessage({ ...letter, headers }, 'test.reaction', createNames('shop'))).toEqual({
    exchange: '',
    routingKey: 'shop.test.reaction',
    messageId: letter.eventId,
    type: 'order.placed',
    contentType: 'application/cloudevents+json',
    headers: {
      tenant: 'acme',
      'x-fanfare-attempt': 1,
      'x-fanfare-exchange': 'order.placed',
      'x-fanfare-routing-key': '',
      'x-fanfare-dead-letter': letter.id,
    },
    body: letter.body,
  })
})

test('a message that could not be read goes out under the id of its dead letter', () => {
  const unread = { ...letter, eventId: null, eventType: null, contentType: null, headers: {} }
  const message = toMessage(unread, 'test.reaction', createNames())
  expect(message.messageId).toBe(letter.id)
  expect(message).not.toHaveProperty('type')
  expect(message).not.toHaveProperty('contentType')
})
