import type { Bought } from '#domains/order'
import { NONE_BACK, unknownPayment, type Payment } from '../payment.ts'
import type { Earlier } from './asked-for-pieces.ts'
import { owedForPieces } from './owed-for-pieces.ts'

const PRICE = 500
const pieces = (quantity: number) => [{ sku: 'A', quantity, amount: quantity * PRICE }]
const group = (id: string, quantity: number) => ({ id, lines: pieces(quantity) })
const bought = (...gone: Bought['gone']): Bought => ({
  status: 'delivered',
  currency: 'GBP',
  costs: null,
  lines: [{ sku: 'A', name: 'A', quantity: 4, unitPrice: PRICE }],
  gone,
})
const refund = (id: string, quantity: number, status: Earlier['status'] = 'succeeded'): Earlier => ({
  id,
  status,
  lines: pieces(quantity),
})
const captured: Payment = {
  ...unknownPayment,
  ...NONE_BACK,
  status: 'captured',
  amount: { amount: 4 * PRICE, currency: 'GBP' },
}
const owed = (order: Bought, refunds: Earlier[], failedId?: string, payment = captured) =>
  owedForPieces(order, refunds, payment, failedId).map(({ id, lines, isAgain }) => [
    id.slice(0, 8),
    lines[0]!.quantity,
    isAgain,
  ])

test('a refund by lines is for the pieces that go first', () => {
  expect(owed(bought(group('one', 1), group('two', 2)), [refund('own', 2)])).toEqual([['two', 1, false]])
})

test('what has failed is owed again under another id, where it is asked for', () => {
  const order = bought(group('one', 1), group('two', 2))
  const refunds = [refund('one', 1, 'failed'), refund('two', 2)]
  expect(owed(order, refunds)).toEqual([])
  const [[id] = []] = owed(order, refunds, 'one')
  expect(owed(order, refunds, 'one')).toEqual([[expect.not.stringMatching('one'), 1, true]])
  const { id: again } = owedForPieces(order, refunds, captured, 'one')[0]!
  expect(again).toMatch(new RegExp(`^${id}`))
  expect(owed(order, [...refunds, refund(again, 1, 'requested')], 'one')).toEqual([])
})

test('each of two refunds for one return that fail is one that has failed before, whichever was asked for last', () => {
  const order = bought(group('return', 3))
  const refused = [refund('own', 1, 'failed'), refund('return', 2, 'failed')]
  const [{ id: second } = { id: '' }] = owedForPieces(order, refused, captured, 'own')
  expect(owed(order, [...refused, refund(second, 1, 'requested')], 'return')).toEqual([[expect.any(String), 2, true]])
  const all = [...refused, refund(second, 1, 'failed')]
  expect(owed(order, all, second)).toEqual([[expect.any(String), 1, true]])
  const [{ id: third } = { id: '' }] = owedForPieces(order, all, captured, 'return')
  expect(owed(order, [...all, refund(third, 2, 'failed')], second)).toEqual([[expect.any(String), 1, true]])
  expect(owed(order, [...all, refund(third, 2)], second)).toEqual([[expect.any(String), 1, true]])
})

test('pieces that a failed refund was to pay for are owed beside those that their return has paid for', () => {
  const order = bought(group('return', 3))
  const refunds = [refund('own', 1, 'failed'), refund('return', 2)]
  expect(owed(order, refunds, 'own')).toEqual([[expect.not.stringMatching('return'), 1, false]])
})

test('a refund that was asked for after the return is for others, also when the first fails', () => {
  const refunds = [refund('return', 2, 'failed'), refund('own', 1)]
  expect(owed(bought(group('return', 2)), refunds, 'return')).toEqual([[expect.any(String), 2, true]])
})

test('while other refunds leave too little, they are settled first', () => {
  const order = bought(group('return', 1))
  const goodwill = { ...captured, refunding: 4 * PRICE - 1 }
  expect(() => owed(order, [], undefined, goodwill)).toThrow('other refunds are under way')
  const back = { ...captured, refunded: 4 * PRICE - 1 }
  expect(owedForPieces(order, [], back)).toMatchObject([{ id: 'return', amount: 1 }])
})
