import type { ConsumeMessage } from 'amqplib'
import { createAcknowledgements } from './acknowledge.ts'

const message = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage

function aChannel(...tags: number[]) {
  const frames: string[] = []
  const channel = {
    ack: ({ fields }: ConsumeMessage, upTo = false) =>
      void frames.push(upTo ? `up to ${fields.deliveryTag}` : `${fields.deliveryTag}`),
    nack: ({ fields }: ConsumeMessage) => void frames.push(`requeue ${fields.deliveryTag}`),
  }
  const acknowledgements = createAcknowledgements(channel)
  for (const tag of tags) acknowledgements.expect(message(tag))
  const ack = async (...done: number[]) => {
    for (const tag of done) acknowledgements.ack(message(tag))
    await Promise.resolve()
    return frames.splice(0)
  }
  return { ack, acknowledgements, frames }
}

it('needs one frame for a batch, in whatever order it is acknowledged', async () => {
  const { ack } = aChannel(1, 2, 3, 4)
  expect(await ack(3, 1, 2)).toEqual(['up to 3'])
  expect(await ack(4)).toEqual(['up to 4'])
})

it('never acknowledges what is not done', async () => {
  const { ack } = aChannel(1, 2, 3, 4, 5)
  expect(await ack(1, 3, 5)).toEqual(['up to 1', '3', '5'])
  expect(await ack(4)).toEqual(['4'])
  expect(await ack(2)).toEqual(['up to 2'])
})

it('leaves out what was given back', async () => {
  const { ack, acknowledgements, frames } = aChannel(1, 2, 3)
  acknowledgements.requeue(message(1))
  expect(frames.splice(0)).toEqual(['requeue 1'])
  expect(await ack(1, 2, 3)).toEqual(['up to 3'])
})

it('acknowledges nothing twice', async () => {
  const { ack } = aChannel(1, 2)
  expect(await ack(1, 1)).toEqual(['up to 1'])
  expect(await ack(1)).toEqual([])
})
