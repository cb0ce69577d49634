// Orders of every kind on their way through the real processes, while the API is asked for them again and again:
// ?at= says of every version what was answered then.
// A thousand orders: PAST_ORDERS=1000 npm test -- test/past
import { upsertProducts } from '#domains/catalog'
import { deviations } from '#domains/order'
import { receiveStock } from '#domains/inventory'
import { deadline } from '#testing'
import { say } from '../../src/cli/terminal/output.ts'
import { anOrder, PRICE, trialSystem, type TrialSystem } from '../chaos/world/trial-system.ts'
import { Recorder, tellOf } from './recorder.ts'

const ORDERS = Number(process.env['PAST_ORDERS'] ?? 60)
const SCARCE = 'LAMP-01'
const TOKENS = ['pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined', 'pm_sandbox_captureFail']
const ENDS = ['delivered', 'returned', 'rejected', 'cancelled', 'expired']

let system: TrialSystem
beforeAll(async () => {
  system = await trialSystem()
  await upsertProducts(system.db, [{ sku: SCARCE, name: 'Lamp', price: PRICE, currency: 'GBP' }])
  await receiveStock(system.db, [{ sku: SCARCE, quantity: ORDERS / 10 }])
  for (const name of ['relay', 'worker', 'worker', 'api'] as const) await system.start(name)
}, 120_000)
afterAll(() => system.close(), 60_000)

const headers = { authorization: 'Bearer fanfare_trial', 'content-type': 'application/json' }
const get = (path: string) =>
  tellOf(async () => {
    const answer = await fetch(`${system.apiUrl}${path}`, { headers })
    return { status: answer.status, text: await answer.text() }
  })
const post = (path: string, body?: object) =>
  fetch(`${system.apiUrl}${path}`, { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) })

async function takeBack(id: string, recorder: Recorder) {
  const answer = await post(`/v1/orders/${id}/return`)
  if (answer.status === 200) recorder.record(await answer.text())
}

/** Places an order and asks for it until it has come to its end, whatever that is; every answer is recorded. */
async function follow(nth: number, recorder: Recorder) {
  const email = nth % 13 === 0 ? `fraud+${nth}@example.com` : `buyer-${nth}@example.com`
  const order = { ...anOrder(email, nth % 5 === 0 ? SCARCE : undefined), payment: { token: TOKENS[nth % 4]! } }
  const placed = await deadline('accepted', async () => {
    const response = await system.post(order, `order-${nth}`)
    return response.status === 202 ? response.text() : undefined
  })
  recorder.record(placed)
  const { id } = JSON.parse(placed) as { id: string }
  if (nth % 7 === 0) await post(`/v1/orders/${id}/cancel`, { reason: 'changed my mind' })
  let reported = false
  await deadline(
    `the end of ${id}`,
    async () => {
      const told = await get(`/v1/orders/${id}`)
      recorder.record(told)
      const { status, shipment } = JSON.parse(told) as { status: string; shipment?: { trackingNumber: string } }
      if (shipment && nth % 3 === 0 && !reported)
        reported = (await post(`/v1/shipments/${shipment.trackingNumber}/delivered`)).status === 200
      if (status === 'delivered' && nth % 6 === 0) await takeBack(id, recorder)
      return ENDS.includes(status) || (status === 'shipped' && nth % 3 !== 0)
    },
    { within: 120_000, every: 5 },
  )
}

test('?at= says of every version what the API said while it happened', async () => {
  const recorder = new Recorder()
  for (let first = 0; first < ORDERS; first += 20)
    await Promise.all(Array.from({ length: Math.min(20, ORDERS - first) }, (_, nth) => follow(first + nth, recorder)))
  await deadline('all handled', () => system.settled().then(() => true))
  expect(await recorder.compare((id, at) => get(`/v1/orders/${id}?at=${at}`))).toEqual([])
  expect(recorder.answers).toBeGreaterThan(ORDERS)
  say(`${ORDERS} orders, ${recorder.answers} versions told and found again`)
  for await (const deviation of deviations(system.db)) throw new Error(JSON.stringify(deviation))
}, 900_000)
