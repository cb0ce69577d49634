import { fareOf, surgeOf } from './fare.ts'

const ride = { distanceM: 4_100, rideS: 586 }

test('a fare follows distance and time, and has a least', () => {
  expect(fareOf(ride, 100)).toEqual({ amount: 920, currency: 'GBP' })
  expect(fareOf({ distanceM: 100, rideS: 20 }, 100).amount).toBe(500)
})

test('surge multiplies it', () => {
  expect(fareOf(ride, 200).amount).toBe(1_830)
})

test.each([
  [3, 5, 100],
  [5, 5, 100],
  [20, 5, 140],
  [10, 0, 210],
  [500, 1, 300],
])('%i requests and %i free drivers make %i percent', (demand, supply, percent) => {
  expect(surgeOf(demand, supply)).toBe(percent)
})
