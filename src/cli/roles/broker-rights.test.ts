import { createNames } from '#messaging'
import { OrderPlaced } from '#events'
import { brokerRights } from './broker-rights.ts'

const reactions = [{ name: 'inventory.reserve-stock', on: [OrderPlaced] }]

it('lets workers write to their queues, and to no exchange', () => {
  const { worker } = brokerRights(createNames(''), reactions)
  expect(worker.write).toBe(String.raw`^(amq\.default|inventory\.reserve-stock\.dead|inventory\.reserve-stock)$`)
  expect(new RegExp(worker.write).test('order.placed')).toBe(false)
  expect([worker.configure, worker.read]).toEqual(['.*', '.*'])
})

it('keeps to the namespace where there is one', () => {
  const { relay, worker } = brokerRights(createNames('blue'), reactions)
  const allowed = (rights: string) =>
    ['amq.default', 'blue.order.placed', 'bluest', 'order.placed', 'blue.inventory.reserve-stock'].filter((name) =>
      new RegExp(rights).test(name),
    )
  expect(allowed(relay.configure)).toEqual(['blue.order.placed', 'blue.inventory.reserve-stock'])
  expect(allowed(relay.write)).toEqual(['amq.default', 'blue.order.placed', 'blue.inventory.reserve-stock'])
  expect(allowed(worker.write)).toEqual(['amq.default', 'blue.inventory.reserve-stock'])
})
