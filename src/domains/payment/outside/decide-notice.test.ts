import type { Notice } from '#payment-gateway'
import { unknownPayment, type Payment } from '../payment.ts'
import { decideNotice, type Verdict } from './decide-notice.ts'

const total = { amount: 2_500, currency: 'GBP' }
const payment = (given: Partial<Payment>): Payment => ({
  ...unknownPayment,
  status: 'captured',
  authorizationId: 'pi_1',
  amount: total,
  ...given,
})
const notice = (given: Partial<Notice>): Notice => ({
  id: 'evt_1',
  about: 're_1',
  kind: 'refunded',
  authorizationId: 'pi_1',
  amount: { amount: 1_000, currency: 'GBP' },
  detail: '',
  isOurs: false,
  ...given,
})

test.each<[what: string, Partial<Payment>, Partial<Notice>, Verdict]>([
  ['a refund that fits', {}, {}, 'book'],
  ['one of all that is left', { refunded: 1_500 }, {}, 'book'],
  ['one of ours', {}, { isOurs: true }, 'nothing'],
  ['one before the capture is booked', { status: 'authorized' }, {}, 'later'],
  ['one of what a refund of ours has set aside', { refunding: 2_000 }, {}, 'later'],
  ['one of more than is left', { refunded: 2_000 }, {}, 'deviation'],
  ['one of money that has gone back', { status: 'refunded', refunded: 2_500 }, {}, 'deviation'],
  ['one in another currency', {}, { amount: { amount: 1, currency: 'EUR' } }, 'deviation'],
  ['a hold that an order still wants', { status: 'authorized' }, { kind: 'hold-canceled' }, 'deviation'],
  ['a hold that nobody wants', { status: 'authorized', closed: true }, { kind: 'hold-canceled' }, 'nothing'],
  ['a hold that is let go', { status: 'voided' }, { kind: 'hold-canceled' }, 'nothing'],
  ['a refund of ours that failed later', {}, { kind: 'refund-failed' }, 'deviation'],
  ['a dispute', {}, { kind: 'dispute-opened' }, 'deviation'],
])('%s', (_what, known, told, verdict) => expect(decideNotice(payment(known), notice(told))).toBe(verdict))

test.each([
  ['failed', 'nothing'],
  ['requested', 'later'],
  ['succeeded', 'deviation'],
] as const)('a refund of ours that has failed there and is %s here: %s', (ours, verdict) => {
  expect(decideNotice(payment({}), notice({ kind: 'refund-failed' }), ours)).toBe(verdict)
})
