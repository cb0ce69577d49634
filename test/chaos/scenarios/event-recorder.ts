import { connect } from 'amqplib'
import { createNames } from '#messaging'
import type { World } from '../subject.ts'

/** A queue bound to every event type, as any reaction's is, and all that has arrived in it, in order. */
export interface EventRecorder {
  /** When the first message after a moment arrived; undefined while none has. */
  since(moment: number): number | undefined
  /** Holds what arrived against the event store. Call it when everything is published. */
  check(): Promise<{ seen: number; repeated: number; missing: string[]; outOfOrder: string[] }>
  close(): Promise<void>
}

/** What is read of an event's envelope. */
interface Envelope {
  id: string
  subject: string
  streamversion: number
}

interface Arrival {
  id: string
  stream: string
  version: number
  at: number
}

const QUEUE = 'chaos.recorder'

export async function recordEvents({ urls, database: { db } }: World): Promise<EventRecorder> {
  const arrivals: Arrival[] = []
  const connection = await connect(urls.rabbitmq)
  connection.on('error', () => {}) // then events will be missing, and that is told
  const channel = await connection.createChannel()
  await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  const types = await db.subscription.findMany({ distinct: ['eventType'], select: { eventType: true } })
  const names = createNames()
  for (const { eventType } of types) await channel.bindQueue(QUEUE, names.exchange(eventType), '')
  await channel.consume(
    QUEUE,
    (message) => {
      if (!message) return
      const { id, subject, streamversion } = JSON.parse(message.content.toString()) as Envelope
      arrivals.push({ id, stream: subject, version: streamversion, at: performance.now() })
    },
    { noAck: true },
  )
  return {
    since: (moment) => arrivals.find(({ at }) => at > moment)?.at,
    async check() {
      const stored = await db.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM events WHERE type IN (SELECT event_type FROM subscriptions)`
      const seen = new Map<string, Arrival>()
      for (const arrival of arrivals) if (!seen.has(arrival.id)) seen.set(arrival.id, arrival)
      return {
        seen: seen.size,
        repeated: new Set(arrivals.filter((arrival) => seen.get(arrival.id) !== arrival).map(({ id }) => id)).size,
        missing: stored.flatMap(({ id }) => (seen.has(id) ? [] : [`${id} never arrived`])),
        outOfOrder: disorder([...seen.values()]),
      }
    },
    async close() {
      await channel.deleteQueue(QUEUE)
      await connection.close()
    },
  }
}

/** Streams whose events did not arrive by version. A version without subscribers may be missing in between. */
function disorder(firsts: readonly Arrival[]): string[] {
  const highest = new Map<string, number>()
  return firsts.flatMap(({ stream, version, id }) => {
    const before = highest.get(stream) ?? 0
    highest.set(stream, Math.max(before, version))
    return version > before ? [] : [`${id}: version ${version} of ${stream} came after ${before}`]
  })
}
