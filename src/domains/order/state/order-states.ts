export const ORDER_STATUSES = [
  'placed',
  'confirmed',
  'shipped',
  'delivered',
  'returned',
  'rejected',
  'cancelled',
  'expired',
] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** The facts that move an order. `order.placed` makes it. */
export type OrderFactType =
  | 'order.confirmed'
  | 'order.rejected'
  | 'order.cancelled'
  | 'order.expired'
  | 'order.shipped'
  | 'order.delivered'
  | 'return.accepted'

type Transitions = Readonly<Record<OrderStatus, Readonly<Partial<Record<OrderFactType, OrderStatus>>>>>

/** The state machine of an order: from each state, which fact leads where. A state without facts is final. */
export const TRANSITIONS: Transitions = {
  placed: {
    'order.confirmed': 'confirmed',
    'order.rejected': 'rejected',
    'order.cancelled': 'cancelled',
    'order.expired': 'expired',
  },
  confirmed: { 'order.shipped': 'shipped', 'order.cancelled': 'cancelled' },
  shipped: { 'order.delivered': 'delivered' },
  delivered: { 'return.accepted': 'returned' },
  returned: {},
  rejected: {},
  cancelled: {},
  expired: {},
}

export const mayBecome = (from: OrderStatus, fact: OrderFactType): boolean => TRANSITIONS[from][fact] !== undefined

/** The machine as a Mermaid state diagram; docs/order-states.md shows it and a test keeps it current. */
export function drawOrderStates(): string {
  const arrows = ORDER_STATUSES.flatMap((from) => {
    const ways = Object.entries(TRANSITIONS[from]).map(([fact, to]) => `    ${from} --> ${to}: ${fact}`)
    return ways.length === 0 ? [`    ${from} --> [*]`] : ways
  })
  return ['stateDiagram-v2', '    [*] --> placed: order.placed', ...arrows].join('\n')
}
