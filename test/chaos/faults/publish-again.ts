import { connect } from 'amqplib'
import { createNames } from '#messaging'
import type { OpenDatabase } from '#platform/database'
import { end } from '../../../src/messaging/broker/end.ts'
import { CONTENT_TYPE, encode } from '../../../src/messaging/cloud-event.ts'
import type { Dice } from '../dice.ts'
import type { World } from '../subject.ts'

const EVENTS = 60

/**
 * Publishes events that were published before, and some that may not have been, straight to queues of reactions that are
 * on them: each twice, all in random order.
 * @returns how many messages
 */
export async function publishAgain({ database: { db }, urls, subject }: World, dice: Dice): Promise<number> {
  const events = await someEvents(db, dice)
  const subscriptions = await db.subscription.findMany({ orderBy: [{ reaction: 'asc' }, { eventType: 'asc' }] })
  const names = createNames(subject.namespace)
  const messages = events.flatMap((event) => {
    const reactions = subscriptions.filter(({ eventType }) => eventType === event.type).map(({ reaction }) => reaction)
    if (reactions.length === 0) return []
    const queue = names.queue(dice.pick(reactions))
    const body = encode({ ...event, time: event.occurredAt }, JSON.stringify(event.data))
    return [0, 1].map(() => ({ queue, body, messageId: event.id }))
  })
  await publishAll(urls.rabbitmq, dice.shuffle(messages))
  return messages.length
}

async function someEvents(db: OpenDatabase['db'], dice: Dice) {
  const last = Number((await db.event.aggregate({ _max: { position: true } }))._max.position ?? 0)
  const anywhere = Array.from({ length: EVENTS / 2 }, () => dice.between(1, Math.max(1, last)))
  const recent = Array.from({ length: EVENTS / 2 }, (_, back) => last - back)
  return db.event.findMany({ where: { position: { in: [...anywhere, ...recent] } } })
}

async function publishAll(url: string, messages: readonly { queue: string; body: Buffer; messageId: string }[]) {
  const connection = await connect(url, { timeout: 3_000 })
  connection.on('error', () => {}) // the wait for confirms fails by itself
  try {
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    for (const { queue, body, messageId } of messages)
      channel.publish('', queue, body, { messageId, contentType: CONTENT_TYPE, persistent: true })
    await channel.waitForConfirms()
  } finally {
    await end(connection)
  }
}
