// The limit of publishing: messages that are ready made, published with confirms by amqplib alone.
import { createHash } from 'node:crypto'
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'
import { createNames } from '#messaging'
import { openDatabase } from '#platform/database'
import { toEverybody } from '../../src/messaging/relay/outgoing.ts'
import { readEvents } from '../../src/messaging/relay/read-events.ts'
import type { Outgoing } from '../../src/messaging/broker/broker.ts'
import { serveCommands } from '../stage/remote.ts'

interface Load {
  databaseUrl: string
  rabbitmqUrl: string
  namespace: string
  /** Different messages to take turns. */
  messages: number
  /** Only events after this position. @default 0 */
  after?: bigint
  /** Only the streams that fall to this one of so many publishers. @default all */
  share?: { nth: number; of: number }
}

interface Publish {
  count: number
  /** Messages that may be unconfirmed at once. */
  window: number
}

let connection: ChannelModel | undefined
let channel: ConfirmChannel | undefined
let messages: Outgoing[] = []

async function load({ databaseUrl, rabbitmqUrl, namespace, messages: wanted, after = 0n, share }: Load) {
  const { db, close } = openDatabase(databaseUrl, { poolSize: 1, planning: 'by-key' })
  const { rows } = await readEvents(db, after, wanted)
  await close()
  const names = createNames(namespace)
  const own = share ? rows.filter(({ stream }) => shardOf(stream, share.of) === share.nth) : rows
  messages = own.map((row) => toEverybody(row, names))
  connection ??= await connect(rabbitmqUrl, { noDelay: true })
  channel ??= await connection.createConfirmChannel()
  return messages.length
}

const shardOf = (stream: string, shards: number) => createHash('sha256').update(stream).digest().readUInt32BE() % shards

/** @returns seconds from the first publish to the last confirm */
function publish({ count, window }: Publish): Promise<number> {
  const began = performance.now()
  let sent = 0
  let confirmed = 0
  return new Promise((resolve, reject) => {
    const fill = () => {
      while (sent < count && sent - confirmed < window) {
        const { exchange, routingKey, body, ...properties } = messages[sent++ % messages.length]!
        channel!.publish(exchange, routingKey, body, { ...properties, persistent: true, mandatory: true }, onConfirm)
      }
    }
    const onConfirm = (error: unknown) => {
      if (error) return reject(error instanceof Error ? error : new Error('refused by the broker'))
      if (++confirmed === count) resolve((performance.now() - began) / 1_000)
      else if (sent - confirmed <= window / 2) fill()
    }
    fill()
  })
}

serveCommands({ load, publish }, async () => connection?.close())
