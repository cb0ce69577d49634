import {
  type Money,
  FraudCleared,
  FraudFlagged,
  ShipmentCreated,
  ShipmentDelivered,
  StockRejected,
  StockReserved,
} from '#events'
import { Refusal } from '#http'
import { RetryLater, Unrecoverable, type NewEvent } from '#messaging'
import { modelBank } from '#testing'
import {
  decide as decideStock,
  movementsOf,
  wantedOf,
  type Fact as StockFact,
} from '../../src/domains/inventory/reservation.ts'
import type { Command } from '../../src/domains/order/change-order.ts'
import { cancelLines } from '../../src/domains/order/state/cancel-lines.ts'
import { conclude, decide } from '../../src/domains/order/state/decide.ts'
import {
  ANSWERS,
  evolve,
  newOrder,
  NOTED,
  type Answer,
  type Order,
  type OrderFact,
} from '../../src/domains/order/state/order.ts'
import { shipParcel } from '../../src/domains/order/state/ship-parcel.ts'
import { goneOf } from '../../src/domains/order/state/parts.ts'
import { returnLines } from '../../src/domains/order/state/return-lines.ts'
import { recordAuthorization } from '../../src/domains/payment/authorize.ts'
import { isCapturable, recordCapture } from '../../src/domains/payment/capture.ts'
import { evolve as evolvePayment, unknownPayment, type Fact as PaymentFact } from '../../src/domains/payment/payment.ts'
import { recordRefund } from '../../src/domains/payment/refunds/carry-out.ts'
import { refundAmount, refundableOf } from '../../src/domains/payment/refunds/refund-amount.ts'
import type { Earlier } from '../../src/domains/payment/refunds/asked-for-pieces.ts'
import { owedForPieces, type Owed } from '../../src/domains/payment/refunds/owed-for-pieces.ts'
import { requestFor } from '../../src/domains/payment/refunds/refund-gone.ts'
import { takenOf } from '../../src/domains/payment/refunds/request-refund.ts'
import { closing, giveBack, recordReturn } from '../../src/domains/payment/return.ts'

type Data = Parameters<typeof newOrder>[0]
type Said = Answer | OrderFact

export interface Shop {
  readonly placed: Data
  /** Pieces of each SKU on the shelf. */
  readonly onHand: number
  readonly card: 'accepted' | 'declined' | 'captureFail'
  readonly fraud: boolean
}

const { signal } = new AbortController()
const FOLDED: ReadonlySet<string> = new Set([...ANSWERS, ...NOTED].map(({ type }) => type))
const ANSWER: ReadonlySet<string> = new Set(ANSWERS.map(({ type }) => type))
const CLOSES: ReadonlySet<string> = new Set(['order.rejected', 'order.cancelled', 'order.expired', 'return.accepted'])

interface Delivery {
  readonly reaction: string
  readonly event: NewEvent
  /** What the call has brought; a crash forgets it. */
  called?: { readonly result: unknown }
  /** It was a dead letter. */
  readonly isRedriven?: boolean
}

/**
 * One order with the decisions of its domains, as the reactions make them: each event goes to each of its reactions once, at any
 * time. What a reaction asks of the bank, and what it books, are two steps, with anything between them. Where the bank refuses to give
 * money back that is owed, the delivery becomes a dead letter.
 */
export function openShop({ placed, onHand, card, fraud }: Shop) {
  const orderId = placed.orderId
  const bank = modelBank(placed.total.amount, card)
  const shelf = new Map(placed.lines.map(({ sku }) => [sku, { onHand, reserved: 0, shipped: 0 }]))
  const refunds = new Map<string, Earlier>()
  const deliveries: Delivery[] = []
  const dead: Delivery[] = []
  const types: string[] = []
  let [order, payment, isCalledOff] = [newOrder(placed), unknownPayment, false]
  let stock: Parameters<typeof decideStock>[0] = { status: 'open', lines: [], apart: {} }

  function publish(...events: readonly (NewEvent | undefined)[]) {
    for (const event of events) {
      if (!event) continue
      types.push(event.type)
      if (FOLDED.has(event.type)) order = evolve(order, event as Said)
      for (const reaction of reactionsTo(event.type)) deliveries.push({ reaction, event })
    }
  }

  /** The order decides on all that its stream tells. */
  function own(facts: readonly OrderFact[]) {
    for (const fact of facts) order = evolve(order, fact)
    publish(...facts)
  }

  function book({ facts, publish: event }: { facts: readonly PaymentFact[]; publish?: NewEvent | NewEvent[] }) {
    payment = facts.reduce(evolvePayment, payment)
    publish(...[event ?? []].flat())
  }

  function move(fact: StockFact) {
    const before = stock
    const free = new Map([...shelf].map(([sku, { onHand: left }]) => [sku, left]))
    const { next, missing } = decideStock(before, fact, free)
    for (const { sku, ...moved } of movementsOf(before, next))
      for (const place of ['onHand', 'reserved', 'shipped'] as const) shelf.get(sku)![place] += moved[place]
    stock = next
    if (fact.kind !== 'placed' || before.status !== 'open') return
    publish(missing.length > 0 ? StockRejected({ orderId, missing: [...missing] }) : reserved())
  }
  const reserved = () => StockReserved({ orderId, lines: wantedOf(stock) })

  function requestRefunds(owed: readonly Omit<Owed, 'isAgain'>[]) {
    for (const { id, lines } of owed) refunds.set(id, { id, lines: [...lines], status: 'requested' })
    book(requestFor(orderId, placed.total.currency, owed))
  }

  /** @param failedId a refund that has failed */
  function owedFor(failedId?: string) {
    const { currency } = placed.total
    const bought = { status: order.status, currency, costs: order.costs, lines: order.lines, gone: goneOf(order.parts) }
    return owedForPieces(bought, [...refunds.values()], payment, failedId)
  }

  /** What is gone of the order is set aside; what has failed, where somebody redrives that. */
  function refundGone(failedId?: string, isRedriven = false) {
    const owed = owedFor(failedId)
    if (!isRedriven && owed.some(({ isAgain }) => isAgain)) throw new Unrecoverable(OWED)
    requestRefunds(owed)
  }

  /** What a reaction asks outside. */
  async function call({ reaction, event }: Delivery): Promise<unknown> {
    const context = { idempotencyKey: reaction, signal }
    if (reaction === 'authorize')
      return bank.gateway.authorize({ amount: placed.total, token: '', reference: orderId }, context)
    if (reaction === 'capture') return isCapturable(payment) ? bank.gateway.capture('auth_1', context) : undefined
    if (reaction === 'give-back') return giveBack(bank.gateway, closing(payment, CLOSES.has(event.type)), signal)
    if (reaction !== 'refund') return undefined
    const { refundId, amount } = event.data as { refundId: string; amount: Money }
    return bank.gateway.refundPart('auth_1', amount, { idempotencyKey: refundId, signal })
  }

  /** What a reaction writes and publishes, in one transaction. */
  function handle({ reaction, event: { type, data: raw }, isRedriven }: Delivery, result: unknown) {
    const data = raw as never
    switch (reaction) {
      case 'advance':
        return own(conclude(order))
      case 'reserve':
        return move({ kind: 'placed', lines: placed.lines })
      case 'ship-stock':
        if (type === 'order.parcel-shipped') return move({ kind: 'parcel', lines: (raw as Lines).lines })
        return move({ kind: 'shipped' })
      case 'release':
        if (type === 'order.reduced') return move({ kind: 'reduced', lines: (raw as Lines).lines })
        if (type === 'return.received') return move({ kind: 'came-back', lines: (raw as Lines).lines })
        return type === 'return.accepted' ? undefined : move({ kind: 'closed' })
      case 'screen':
        return publish(
          fraud ? FraudFlagged({ orderId, score: 90, reasons: ['x'] }) : FraudCleared({ orderId, score: 0 }),
        )
      case 'call-off':
        return void (isCalledOff = true)
      case 'book-parcel':
        if (order.fulfillment === 'manual') return undefined
        return publish(isCalledOff ? undefined : ShipmentCreated({ orderId, shipmentId: orderId, ...PARCEL }))
      case 'authorize':
        return book(recordAuthorization(payment, { orderId, total: placed.total }, result as never))
      case 'capture':
        return book(recordCapture(payment, orderId, result as never))
      case 'give-back':
        return book(recordReturn(payment, CLOSES.has(type), orderId, result as never))
      case 'refund-gone':
        return refundGone(type === 'refund.failed' ? (raw as { refundId: string }).refundId : undefined, isRedriven)
      case 'refund': {
        const { refundId } = raw as { refundId: string }
        const settled = recordRefund(data, result as never)
        const status = settled.facts[0]!.kind === 'refunded' ? 'succeeded' : 'failed'
        refunds.set(refundId, { ...refunds.get(refundId)!, status })
        return book(settled)
      }
    }
  }

  function orRefused(act: () => void) {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof RetryLater)) throw error
    }
  }

  const shop = {
    /** Carries one step of one delivery out. */
    async step(nth: number, crashes: boolean) {
      const at = nth % deliveries.length
      const delivery = deliveries[at]!
      try {
        if (!delivery.called) return void (delivery.called = { result: await call(delivery) })
        const { result } = delivery.called
        delete delivery.called
        if (crashes) return
        handle(delivery, result)
        deliveries.splice(deliveries.indexOf(delivery), 1)
      } catch (error) {
        const [failed] = deliveries.splice(deliveries.indexOf(delivery), 1)
        const { message, constructor } = error as Error
        if (message.startsWith(OWED) || message.includes('balance_insufficient')) dead.push(failed!)
        else if (error instanceof RetryLater || constructor === Error)
          deliveries.push(failed!) // later
        else throw error
      }
    },
    /** An operator has looked at what has failed. */
    redrive: () => void deliveries.push(...dead.splice(0).map((one) => ({ ...one, isRedriven: true }))),
    refuseRefunds: bank.refuseRefunds,
    order: (command: Command) => orRefused(() => own(factsOf(order, command))),
    refund(id: string, amount: number) {
      if (amount <= refundableOf(payment)) requestRefunds([{ id, amount, lines: [] }])
    },
    /** As the API does, in one transaction. */
    refundLines(id: string, lines: { sku: string; quantity: number }[]) {
      if (payment.status !== 'captured') return
      orRefused(() => refundGone())
      const taken = takenOf([...refunds.values()], goneOf(order.parts))
      orRefused(() => requestRefunds([{ id, ...refundAmount({ lines, reason: 'other' }, order, taken, payment) }]))
    },
    /** The carrier reports a parcel, if one is under way. */
    arrive(nth: number) {
      const own = order.parts.parcels.filter(({ delivered }) => !delivered)
      const automatic = order.trackingNumber && !order.arrived ? [orderId] : []
      const parcels = [...own.map(({ id }) => id), ...automatic]
      if (parcels.length > 0) publish(ShipmentDelivered({ orderId, shipmentId: parcels[nth % parcels.length]! }))
    },
    pending: () => deliveries.length,
    /** Refunds of pieces that have failed, and would be asked for again. */
    owed: () =>
      [...refunds.values()].flatMap(({ id }) =>
        owedFor(id).flatMap(({ isAgain, amount }) => (isAgain ? [{ id, amount }] : [])),
      ),
    dead: () => dead,
    end: () => ({ order, stock, payment, shelf, refunds, bank: { state: bank.state(), back: bank.back() }, types }),
  }
  publish({ type: 'order.placed', data: placed } as never)
  return shop
}

function factsOf(order: Order, command: Command): readonly OrderFact[] {
  if (command.type === 'cancel-lines') return cancelLines(order, command)
  if (command.type === 'return-lines') return returnLines(order, command)
  return command.type === 'ship-parcel' ? shipParcel(order, command) : [decide(order, command)]
}

const OWED = 'What pieces have cost is owed'

interface Lines {
  readonly lines: { sku: string; quantity: number; restocked: boolean }[]
}

const PARCEL = { carrier: 'Post', trackingNumber: 'P1' }

function reactionsTo(type: string): string[] {
  const also = ANSWER.has(type) ? ['advance'] : []
  if (CLOSES.has(type)) return ['release', 'give-back', ...(type === 'order.cancelled' ? ['call-off'] : [])]
  return [...also, ...(REACTIONS[type] ?? [])]
}

const REACTIONS: Readonly<Record<string, readonly string[]>> = {
  'order.placed': ['reserve', 'authorize', 'screen'],
  'order.confirmed': ['capture', 'book-parcel'],
  'order.shipped': ['ship-stock'],
  'order.parcel-shipped': ['ship-stock'],
  'order.reduced': ['release', 'refund-gone'],
  'return.received': ['release', 'refund-gone'],
  'payment.authorized': ['give-back'],
  'refund.requested': ['refund'],
  'refund.failed': ['refund-gone'],
}
