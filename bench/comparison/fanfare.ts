// Fanfare's core doing what the others of bench/peers do, for main.mjs there.
import { z } from 'zod'
import {
  append,
  createNames,
  createRabbitMq,
  createWakeUp,
  defineEvent,
  defineReaction,
  listenForWakeUps,
  runReaction,
  startRelay,
  subscribe,
  type BatchContext,
  type RecordedOf,
} from '#messaging'
import { readConfig } from '#platform/config'
import { isDatabaseOutage, openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { createGroupCommit } from '../../src/domains/order/place/group-commit.ts'
import { RETRY_DELAYS } from '../environment/messaging.ts'

const config = readConfig()
const log = createLogger('peer', 'warn')
const database = openDatabase(config.DATABASE_URL, { poolSize: 20, planning: 'by-key' })
const wakeUp = createWakeUp(database.pool)
const messaging = {
  ...database,
  broker: createRabbitMq({ url: config.RABBITMQ_URL, name: 'fanfare bench peer', log }),
  names: createNames(config.MESSAGING_NAMESPACE),
  retryDelays: RETRY_DELAYS,
  log,
  instance: `peer:${process.pid}`,
  wakeUp,
}

const schema = z.object({ orderId: z.uuid() })
const stream = ({ orderId }: { orderId: string }) => `peer-${orderId}`

const PeerPlaced = defineEvent({ type: 'peer.placed', summary: 'An order was placed.', stream, schema })
const PeerConfirmed = defineEvent({ type: 'peer.confirmed', summary: 'All have answered.', stream, schema })

type Transaction = BatchContext<unknown>['tx']
type Ids = readonly Pick<RecordedOf<typeof PeerPlaced>, 'data'>[]

const idsOf = (events: Ids) => events.map(({ data }) => data.orderId)

/** As `answerAll` of bench/peers/tables.mjs: one effect and one answer for each; publishes the orders with their last answer. */
async function answerAll(tx: Transaction, events: Ids, reaction: string) {
  const ids = idsOf(events)
  const rows = await tx.$queryRaw<{ id: string; answers: number }[]>`
    WITH asked AS (SELECT unnest(${ids}::uuid[]) AS id),
    effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, ${reaction}, clock_timestamp() FROM asked),
    locked AS MATERIALIZED (SELECT o.id FROM peer_orders o JOIN asked USING (id) ORDER BY o.id FOR UPDATE OF o)
    UPDATE peer_orders o SET answers = answers + 1 FROM locked WHERE o.id = locked.id RETURNING o.id, answers`
  const complete = new Set(rows.filter(({ answers }) => answers === ANSWERING.length).map(({ id }) => id))
  return ids.map((orderId) => (complete.has(orderId) ? PeerConfirmed({ orderId }) : null))
}

/** The fourth effect. */
async function confirmAll(tx: Transaction, events: Ids) {
  await tx.$executeRaw`
    WITH asked AS (SELECT unnest(${idsOf(events)}::uuid[]) AS id),
    effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, 'confirm', clock_timestamp() FROM asked)
    UPDATE peer_orders SET status = 'confirmed' FROM asked WHERE peer_orders.id = asked.id`
  return events.map(() => null)
}

const ANSWERING = ['stock', 'payment', 'fraud']

const REACTIONS = [
  ...ANSWERING.map((name) =>
    defineReaction({
      name: `peer.${name}`,
      on: PeerPlaced,
      handleBatch: (events, { tx }) => answerAll(tx, events, name),
    }),
  ),
  defineReaction({ name: 'peer.confirm', on: PeerConfirmed, handleBatch: (events, { tx }) => confirmAll(tx, events) }),
]

async function commit(orderIds: readonly string[]) {
  await database.db.$transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO peer_orders (id) SELECT unnest(${orderIds}::uuid[])`
    await append(
      tx,
      orderIds.map((orderId) => ({ event: PeerPlaced({ orderId }), correlationId: orderId })),
    )
  })
  wakeUp.wake()
  return orderIds
}

export async function producer() {
  await database.db.$queryRaw`SELECT 1`
  return createGroupCommit({ commit, isOutage: isDatabaseOutage }).submit
}

export async function worker() {
  await subscribe(database.db, REACTIONS)
  await Promise.all(REACTIONS.map((reaction) => runReaction(reaction, messaging)))
}

export function relay() {
  listenForWakeUps(config.DATABASE_URL, log, startRelay(messaging).wake)
}
