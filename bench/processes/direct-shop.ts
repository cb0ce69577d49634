// The shop the other way: a request does everything itself, one after the other, through the same domains and tables.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { productsOf } from '#domains/catalog'
import { screen } from '#domains/fraud'
import { keepReservations } from '#domains/inventory'
import { mailCustomer } from '#domains/notification'
import { gateway, keepPayments, recordAuthorization, recordCapture } from '#domains/payment'
import { bookShipments } from '#domains/shipping'
import { OrderConfirmed, type OrderPlaced } from '#events'
import type { DataOf } from '#messaging'
import { readConfig } from '#platform/config'
import { openDatabase } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { insertOrders } from '../../src/domains/order/order-store.ts'
import { placeOrder } from '../../src/domains/order/place-order.ts'
import { NewOrder } from '../../src/domains/order/schemas.ts'
import { serveCommands } from '../stage/remote.ts'

type Order = DataOf<typeof OrderPlaced>

const config = readConfig()
const { db, close } = openDatabase(config.DATABASE_URL, { poolSize: config.DATABASE_POOL, planning: 'by-key' })
/** As a reaction's call has it. */
const CALL_MS = 10_000

async function place(request: NewOrder): Promise<Order> {
  const orderId = uuidv7()
  return db.$transaction(async (tx) => {
    const offers = await productsOf(
      tx,
      request.lines.map(({ sku }) => sku),
    )
    const { data } = placeOrder(request, offers, orderId)
    await insertOrders(tx, [data])
    return data
  })
}

async function reserve({ orderId, lines }: Order) {
  const now = new Date()
  const [outcome] = await db.$transaction((tx) => keepReservations(tx, [{ kind: 'placed', orderId, lines }], now))
  if (outcome!.missing.length > 0) throw new Error('out of stock')
}

async function pay(order: Order) {
  const { orderId, total, payment } = order
  const held = await gateway().authorize(
    { amount: total, token: payment.token, reference: orderId },
    call(`authorize:${orderId}`),
  )
  await book(orderId, (payment) => recordAuthorization(payment, order, held))
  if (!held.ok) throw new Error('payment declined')
  const taken = await gateway().capture(held.authorizationId, call(`capture:${orderId}`))
  await book(orderId, (payment) => recordCapture(payment, orderId, taken))
}

function book(orderId: string, decide: Parameters<typeof keepPayments>[3]) {
  return db.$transaction((tx) => keepPayments(tx, [orderId], new Date(), decide))
}

async function mail({ orderId, customer, shippingAddress, lines, total }: Order) {
  const event = OrderConfirmed({ orderId, customer, shippingAddress, lines, total })
  const occasion = {
    ...event,
    id: uuidv7(),
    streamVersion: 1,
    correlationId: orderId,
    causationId: null,
    traceparent: null,
    time: new Date(),
  }
  await mailCustomer(occasion, customer, { ...call(`mail:${orderId}`), db })
}

async function count({ orderId }: Order) {
  const { signal } = call('')
  await fetch(`${process.env['ANALYTICS_URL']}/sales/${orderId}`, { method: 'POST', signal })
}

const call = (idempotencyKey: string) => ({ idempotencyKey, signal: AbortSignal.timeout(CALL_MS) })

/** Everything a customer's click sets off. Throws where it fails, and what came before stays done. */
async function handle(order: Order) {
  await reserve(order)
  if (screen(order).flagged) throw new Error('fraud suspected')
  await pay(order)
  await db.$transaction((tx) => bookShipments(tx, [order], new Date()))
  await db.order.update({ where: { id: order.orderId }, data: { status: 'confirmed' } })
  await mail(order)
  await count(order)
}

async function answer(request: IncomingMessage, response: ServerResponse) {
  const send = (status: number, body: object) => {
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
  }
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const order = await place(NewOrder.parse(JSON.parse(Buffer.concat(chunks).toString())))
    await handle(order)
    send(202, { id: order.orderId })
  } catch (error) {
    send(502, { error: (error as Error).message })
  }
}

async function start(): Promise<number> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

serveCommands({ start }, close)
