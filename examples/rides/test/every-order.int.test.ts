// Two trips and two drivers: every delivery arrives when fast-check says so, often twice, while riders and drivers do what
// they like. Many more runs: RIDES_RUNS=500 npm test -- rides/test/every-order
import fc from 'fast-check'
import { wrongRides } from '../audit/check.ts'
import { ACTS, City, type Act } from '../testing/city.ts'
import { ridesTest, type RidesTest } from '../testing/rides-database.ts'

const RUNS = Number(process.env['RIDES_RUNS'] ?? 5)

let rides: RidesTest
beforeAll(async () => (rides = await ridesTest()))
afterAll(() => rides.close())

type Step =
  { kind: 'deliver'; choice: number } | { kind: 'again'; choice: number } | { kind: 'act'; act: Act; choice: number }

const choice = fc.nat(1_000)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), choice }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), choice }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('act' as const), act: fc.constantFrom(...ACTS), choice }) },
)

let runs = 0

async function play(steps: readonly Step[]) {
  runs++
  const city = new City(rides)
  await city.begin([`ada-${runs}`, `bob-${runs}`], ['pm_card_visa', 'pm_card_chargeDeclined'])
  for (const one of steps) {
    if (one.kind === 'deliver') await city.deliver(one.choice)
    else if (one.kind === 'again') await city.deliverAgain(one.choice)
    else await city.act(one.act, one.choice)
  }
  await city.end()
  expect(await wrongRides(rides.db)).toEqual([])
  await rides.positions.put([`ada-${runs}`, `bob-${runs}`].map((id) => ({ id, lat: 0, lng: 0, free: false })))
}

test('in whatever order and however often events arrive, every trip ends in one legal state with one fare', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 35 }), play), {
    numRuns: RUNS,
    endOnFailure: true,
  })
})
