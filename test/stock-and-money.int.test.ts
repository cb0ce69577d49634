// 200 orders of every kind at once, some of them cancelled on their way, through the real processes: afterwards the
// stock and the money of each order are where its state says, and all sums are exact.
import { wrongPayments, moneyTotals } from '#domains/payment'
import { wrongStock, receiveStock, stockTotals } from '#domains/inventory'
import { upsertProducts } from '#domains/catalog'
import { deadline } from '#testing'
import { anOrder, PRICE, RECEIVED, trialSystem, type TrialSystem } from './chaos/world/trial-system.ts'

const SCARCE = 'LAMP-01'
const SCARCE_PIECES = 30
const KINDS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_chargeDeclined',
  'pm_sandbox_flaky',
  'pm_sandbox_captureFail',
]

let system: TrialSystem
beforeAll(async () => {
  system = await trialSystem()
  await upsertProducts(system.db, [{ sku: SCARCE, name: 'Lamp', price: PRICE, currency: 'GBP' }])
  await receiveStock(system.db, [{ sku: SCARCE, quantity: SCARCE_PIECES }])
  await system.start('relay')
  await system.start('worker')
  await system.start('worker') // replicas of every reaction
  await system.start('api')
})
afterAll(() => system.close())

async function place(index: number): Promise<string> {
  const token = KINDS[index % KINDS.length]!
  const email = index % 17 === 0 ? `fraud+${index}@example.com` : `buyer-${index}@example.com`
  const order = { ...anOrder(email, index % 4 === 0 ? SCARCE : undefined), payment: { token } }
  const accepted = await deadline('accepted', async () => {
    const response = await system.post(order, `order-${index}`)
    return response.status === 202 ? response : undefined // 503: the machine is busy
  })
  return ((await accepted.json()) as { id: string }).id
}

const cancel = (orderId: string) =>
  fetch(`${system.apiUrl}/v1/orders/${orderId}/cancel`, {
    method: 'POST',
    headers: { authorization: 'Bearer fanfare_trial', 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'changed my mind' }),
  }).then(({ status }) => status)

/** Where stock and money must be for each state of an order. */
const MUST: Record<string, { stock: string[]; money: string[] }> = {
  shipped: { stock: ['shipped'], money: ['captured'] },
  delivered: { stock: ['shipped'], money: ['captured'] },
  rejected: { stock: ['released', 'rejected'], money: ['voided', 'declined'] },
  cancelled: { stock: ['released', 'rejected'], money: ['voided', 'refunded', 'declined'] },
}

test('stock and money follow every order to its end', async () => {
  const ids: string[] = []
  const cancellations: Promise<number>[] = []
  for (let from = 0; from < 200; from += 20) {
    const placed = await Promise.all(Array.from({ length: 20 }, (_, index) => place(from + index)))
    ids.push(...placed)
    cancellations.push(...placed.filter((_, index) => index % 5 === 0).map(cancel))
    cancellations.push(...[-30, -70].flatMap((back) => ids.at(back) ?? []).map(cancel))
  }
  for (const status of await Promise.all(cancellations)) expect([200, 409]).toContain(status)
  await system.settled()

  const rows = await system.db.$queryRaw<{ id: string; order: string; stock: string; money: string }[]>`
    SELECT orders.id, orders.status AS order, reservations.status AS stock, payments.status AS money
    FROM orders LEFT JOIN reservations ON order_id = id LEFT JOIN payments ON payments.order_id = id`
  expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort())
  const astray = rows.filter(({ order, stock, money }) => {
    const must = MUST[order]
    return !must?.stock.includes(stock) || !must.money.includes(money)
  })
  expect(astray).toEqual([])
  expect(rows.map(({ order }) => order)).toEqual(expect.arrayContaining(['shipped', 'rejected']))

  expect(await wrongStock(system.db)).toEqual([])
  expect(await stockTotals(system.db)).toMatchObject({ received: RECEIVED + SCARCE_PIECES, reserved: 0 })
  expect(await wrongPayments(system.db)).toEqual([])
  const ours = (await moneyTotals(system.db))['GBP']!
  const theirs = (await system.gatewayTotals())['GBP']!
  expect(ours.held).toBe(0)
  for (const kind of ['authorized', 'captured', 'voided', 'refunded'] as const)
    expect([kind, ours[kind]]).toEqual([kind, theirs[kind]!.amount])
}, 240_000)
