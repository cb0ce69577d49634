import { heightOf, placesOf } from '../../console/src/pages/flow/places.ts'

const flow = {
  publishers: [
    { kind: 'request' as const, name: 'POST /v1/orders' },
    { kind: 'request' as const, name: 'POST /v1/orders/{id}/cancel' },
    { kind: 'reaction' as const, name: 'order.advance-order' },
    { kind: 'reaction' as const, name: 'inventory.reserve-stock' },
  ],
  types: ['order.cancelled', 'order.placed', 'order.confirmed', 'stock.reserved'],
  publishes: [
    { from: 'POST /v1/orders', to: 'order.placed' },
    { from: 'POST /v1/orders/{id}/cancel', to: 'order.cancelled' },
    { from: 'inventory.reserve-stock', to: 'stock.reserved' },
    { from: 'order.advance-order', to: 'order.confirmed' },
    { from: 'order.advance-order', to: 'order.cancelled' },
  ],
  reacts: [
    { from: 'order.placed', to: 'inventory.reserve-stock' },
    { from: 'stock.reserved', to: 'order.advance-order' },
  ],
}

it('places whoever begins, what that publishes, who reacts, and what reactions alone publish', () => {
  const columns = [...placesOf(flow)].map(([name, { column }]) => `${column} ${name}`).toSorted()
  expect(columns).toEqual([
    '0 POST /v1/orders',
    '0 POST /v1/orders/{id}/cancel',
    '1 order.cancelled',
    '1 order.placed',
    '2 inventory.reserve-stock',
    '2 order.advance-order',
    '3 order.confirmed',
    '3 stock.reserved',
  ])
})

it('places nothing upon another, and links that are alone on one height', () => {
  const places = placesOf(flow)
  expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(places.size)
  expect(places.get('POST /v1/orders')!.y).toBe(places.get('order.placed')!.y)
  expect(heightOf(flow)).toBeGreaterThan(Math.max(...[...places.values()].map(({ y }) => y)))
})
