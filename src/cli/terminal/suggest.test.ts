import { didYouMean } from './suggest.ts'

const known = ['inventory', 'inventory.reserve-stock', 'payment.capture-payment', 'loyalty.award-points']

it.each([
  ['inventry', ' Did you mean inventory?'],
  ['inventory.reserve-stok', ' Did you mean inventory.reserve-stock?'],
  ['award-points', ' Did you mean loyalty.award-points?'],
  ['something-else', ''],
])('%s', (typed, sentence) => expect(didYouMean(typed, known)).toBe(sentence))
