import type { Delivery } from '../broker/broker.ts'
import { createInbox } from './inbox.ts'

const delivery = {} as Delivery
const put = (inbox: ReturnType<typeof createInbox>, count: number) => {
  for (let n = 0; n < count; n++) inbox.put(delivery)
}

it('hands out what waits, at most so many, and waits for the first', async () => {
  const inbox = createInbox()
  const first = inbox.arrival()
  put(inbox, 4)
  expect(await first).toBe(true)
  expect(inbox.take(3)).toHaveLength(3)
  expect(inbox.take(10)).toHaveLength(1)
})

it('gathers until there are enough', async () => {
  const inbox = createInbox()
  put(inbox, 2)
  const gathered = inbox.gather(3, 60_000)
  put(inbox, 1)
  await gathered
  await inbox.gather(3, 60_000)
  expect(inbox.take(10)).toHaveLength(3)
})

it('gathers no longer than it may', async () => {
  const inbox = createInbox()
  put(inbox, 2)
  await inbox.gather(3, 5)
  expect(inbox.take(10)).toHaveLength(2)
})

it('keeps nobody waiting when it is closed', async () => {
  const inbox = createInbox()
  const gathered = inbox.gather(3, 60_000)
  const first = inbox.arrival()
  inbox.close()
  await gathered
  expect(await first).toBe(false)
  put(inbox, 1)
  expect(inbox.take(1)).toEqual([])
})
