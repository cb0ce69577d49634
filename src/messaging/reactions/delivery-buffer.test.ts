import type { Delivery } from '../broker/broker.ts'
import { createDeliveryBuffer } from './delivery-buffer.ts'

const delivery = {} as Delivery
const put = (buffer: ReturnType<typeof createDeliveryBuffer>, count: number) => {
  for (let n = 0; n < count; n++) buffer.put(delivery)
}

it('hands out what waits, at most so many, and waits for the first', async () => {
  const buffer = createDeliveryBuffer()
  const first = buffer.arrival()
  put(buffer, 4)
  expect(await first).toBe(true)
  expect(buffer.take(3)).toHaveLength(3)
  expect(buffer.take(10)).toHaveLength(1)
})

it('gathers until there are enough', async () => {
  const buffer = createDeliveryBuffer()
  put(buffer, 2)
  const gathered = buffer.gather(3, 60_000)
  put(buffer, 1)
  await gathered
  await buffer.gather(3, 60_000)
  expect(buffer.take(10)).toHaveLength(3)
})

it('gathers no longer than it may', async () => {
  const buffer = createDeliveryBuffer()
  put(buffer, 2)
  await buffer.gather(3, 5)
  expect(buffer.take(10)).toHaveLength(2)
})

it('keeps nobody waiting when it is closed', async () => {
  const buffer = createDeliveryBuffer()
  const gathered = buffer.gather(3, 60_000)
  const first = buffer.arrival()
  buffer.close()
  await gathered
  expect(await first).toBe(false)
  put(buffer, 1)
  expect(buffer.take(1)).toEqual([])
})
