import { createNames } from '#messaging'
import { OrderPlaced } from '#events'
import { brokerRights } from './broker-rights.ts'

const reactions = [{ on: [OrderPlaced] }]

it('lets workers write to all queues, those of reactions to come as well, and to no exchange of an event', () => {
  const { worker } = brokerRights(createNames(''), reactions)
  const written = ['amq.default', 'inventory.reserve-stock', 'order.placed.dead', 'order.placed']
  expect(written.filter((name) => new RegExp(worker.write).test(name))).toEqual(written.slice(0, 3))
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
