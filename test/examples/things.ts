import type { Response } from 'supertest'
import { standIn } from '#http'
import { uuidv7 } from '#platform/uuid'
import { deadline } from '#testing'
import { issueKey } from '../../src/api/index.ts'
import { queueEvents } from '../../src/domains/webhooks/deliveries/queue-events.ts'
import { anOrder, MUG } from '../../src/testing/api.ts'
import { UNKNOWN_MAILBOX, type Shop } from './shop.ts'

/** Makes what an example names, and says what it is really called. */
export type Makers = Readonly<Record<string, () => Promise<string>>>

const LETTERS = 'notification.email-customer'

/** What stands in examples, and how the thing is made that it stands for. Each operation gets things of its own where it changes them. */
export async function makeThings({ system, api, rest }: Shop): Promise<Makers> {
  const { db } = system
  const order = async (given: object = {}) => (await expectOk(api.place(anOrder(given)))).id as string
  const parcelOf = (orderId: string) =>
    deadline('a parcel', async () => (await db.shipment.findFirst({ where: { orderId } }))?.trackingNumber)
  const deliver = async (orderId: string) => {
    await expectOk(api.post(`/v1/shipments/${await parcelOf(orderId)}/delivered`, undefined))
    return orderId
  }
  const webhook = async () =>
    (await expectOk(api.post('/v1/webhooks', { url: 'https://shop.example/webhooks', eventTypes: ['order.placed'] })))
      .id as string

  const told = await webhook()
  const refused = { customer: { name: 'Nobody', email: UNKNOWN_MAILBOX } }
  const [read, shipped, ...delivered] = await Promise.all([order(), order(), order(), order(), order()])
  const toShip = await order({ fulfillment: 'manual' })
  await Promise.all(Array.from({ length: 7 }, () => order(refused)))
  await Promise.all([read, ...delivered].map(deliver))
  await rest()
  await expectOk(api.post(`/v1/orders/${read}/refunds`, { lines: [{ sku: MUG.sku, quantity: 1 }], reason: 'damaged' }))
  while (await queueEvents(db));

  await leaveOutage(db)

  await leaveRun(db)
  const dead = async (eventType: string) =>
    (await db.delivery.findMany({ where: { reaction: LETTERS, state: 'dead', eventType } })).map(({ id }) => id)
  const parcels = await dead('order.shipped')
  const [ofParcels, letters] = [parcels.slice(0, 4), [...parcels.slice(4), ...(await dead('order.confirmed'))]]
  const letter = async () => take(letters, 'dead letters')
  const letterOfParcel = async () => take(ofParcels, 'dead letters of parcels')
  const edited = async () => {
    const id = await letterOfParcel()
    await db.delivery.update({ where: { id }, data: { editedAt: new Date() } })
    return id
  }
  const repair = async (word: string, id: string) =>
    (await expectOk(api.post(`/v1/admin/dead-letters/${LETTERS}/${word}`, { ids: [id], reason: 'For an example' })))
      .actionId as string
  const made = async (word: string, id: string) => repair(word, id).then(() => id)
  const retried = async () => {
    const id = await letter()
    await db.delivery.update({ where: { id }, data: { state: 'retrying', dueAt: new Date('2027-01-01') } })
    return id
  }
  const shop = await db.client.findUniqueOrThrow({ where: { name: 'web-shop' } })
  return {
    [standIn('order')]: async () => read,
    [standIn('new order')]: order,
    [standIn('order to ship')]: async () => toShip,
    [standIn('delivered order')]: async () => take(delivered, 'delivered orders'),
    FP0123456789ABCDEF: () => parcelOf(shipped),
    [standIn('webhook')]: webhook,
    [standIn('told webhook')]: async () => told,
    [standIn('event')]: async () =>
      (await db.webhookDelivery.findFirstOrThrow({ where: { endpointId: told } })).eventId,
    '1f0c9a2e': async () => (await issueKey(db, shop, { scopes: ['orders:read'] })).id,
    fanfare_a_key_with_the_scope_admin: async () => (await issueKey(db, shop, { scopes: ['admin'] })).key,
    [standIn('dead letter')]: letter,
    [standIn('dead letter of a parcel')]: letterOfParcel,
    [standIn('edited letter')]: edited,
    [standIn('discarded delivery')]: async () => made('discard', await letter()),
    [standIn('retried delivery')]: retried,
    [standIn('held delivery')]: async () => made('hold', await retried()),
    [standIn('action')]: async () => repair('discard', await letter()),
  }
}

/** What the scheduler has left of a run. */
async function leaveRun(db: Shop['system']['db']) {
  const [begunAt, finishedAt] = [new Date(Date.now() - 12_000), new Date(Date.now() - 11_800)]
  const how = { instance: 'scheduler', outcome: 'done', result: { expired: 2 } }
  await db.scheduleRun.create({ data: { name: 'order.expire-orders', everyMs: 30_000, begunAt, finishedAt, ...how } })
}

/** The gateway was away, and one delivery was given up meanwhile. */
async function leaveOutage(db: Shop['system']['db']) {
  const [reaction, dependency] = ['payment.authorize-payment', 'payment-gateway']
  const at = { openedAt: new Date(Date.now() - 120_000), closedAt: new Date(Date.now() - 60_000) }
  const cause = 'Error: The payment gateway answered internal_error (500)'
  await db.breaker.create({ data: { reaction, dependency, cause, instance: 'worker', recovered: true, ...at } })
  const failed = { reason: 'attempts-exhausted', errorName: 'Error', errorMessage: cause, fingerprint: '3f2a91c07d55' }
  const failedAt = new Date(Date.now() - 90_000)
  await db.delivery.create({ data: { id: uuidv7(), reaction, dependency, state: 'dead', failedAt, ...failed } })
}

function take(things: string[], what: string): string {
  const thing = things.pop()
  if (thing === undefined) throw new Error(`Examples need more ${what} than there are.`)
  return thing
}

async function expectOk(asked: PromiseLike<Response>): Promise<Record<string, unknown>> {
  const { status, body } = await asked
  if (status >= 300) throw new Error(`What an example needs was refused: ${JSON.stringify(body)}`)
  return body
}
