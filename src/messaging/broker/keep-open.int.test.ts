import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { createRabbitMq } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { deadline, placeOf, requireTestService, tcpProxy } from '#testing'

const NOWHERE = 'amqp://guest:guest@127.0.0.1:1'
const log = createLogger('test', 'silent')

test('closing does not wait for a broker that is away', async () => {
  const broker = createRabbitMq({ url: NOWHERE, name: 'away', log })
  const publishing = broker.publish([{ exchange: '', routingKey: 'nobody', messageId: '1', body: Buffer.alloc(0) }])
  const asking = broker.depth('nobody')
  await Promise.all([
    expect(publishing).rejects.toThrow(/is closed/),
    expect(asking).rejects.toThrow(/is closed/),
    broker.close(),
  ])
})

test('closing while the connection is being opened leaves none behind', async () => {
  const broker = createRabbitMq({ url: requireTestService('TEST_RABBITMQ_URL'), name: 'hasty', log })
  await broker.close()
  await expect(broker.depth('nobody')).rejects.toThrow(/is closed/)
})

test('a connection that cannot be opened, or is lost, is told with its address and the error, without the password', async () => {
  const lines: { msg: string; address?: string; reason: string }[] = []
  const recording = createLogger('test', 'warn', { write: (line: string) => void lines.push(JSON.parse(line)) })
  const told = (sentence: string) =>
    deadline(sentence, () => lines.find(({ msg }) => msg.startsWith("connection 'told") && msg.includes(sentence)))
  const away = createRabbitMq({ url: 'amqp://guest:secret@127.0.0.1:1', name: 'told', log: recording })
  const refused = { address: '127.0.0.1:1', reason: expect.stringContaining('ECONNREFUSED') }
  expect(await told('could not be opened')).toMatchObject(refused)
  await away.close()

  const url = requireTestService('TEST_RABBITMQ_URL')
  const proxy = await tcpProxy(placeOf(url))
  const through = proxy.through(url)
  const broker = createRabbitMq({ url: through, name: 'told', log: recording })
  await broker.depth('nobody')
  proxy.cut()
  expect(await told('lost')).toMatchObject({
    address: new URL(through).host,
    reason: expect.stringMatching(/close|reset/i),
  })
  expect(JSON.stringify(lines)).not.toMatch(/secret|guest/)
  await broker.close()
  await proxy.close()
})

const OPEN_OK = Buffer.from([0, 10, 0, 41])
/** connection.close with code 320, as a broker sends it that shuts down. */
const CLOSE = Buffer.from([1, 0, 0, 0, 0, 0, 11, 0, 10, 0, 50, 1, 64, 0, 0, 0, 0, 0, 0xce])

/** channel.close as a client sends it. */
const CHANNEL_CLOSE = Buffer.from([0, 20, 0, 40])

interface Interference {
  /** What the client reads in place of what the broker has sent. */
  toClient?: (data: Buffer) => Buffer
  /** True breaks the connection in place of handing this on to the broker. */
  breaksAt?: (data: Buffer) => boolean
}

/** A way to the broker that somebody tampers with. */
async function wayThat({ toClient = (data) => data, breaksAt = () => false }: Interference) {
  const url = requireTestService('TEST_RABBITMQ_URL')
  const target = placeOf(url)
  const server = createServer((client) => {
    const upstream = connect(target)
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    upstream.on('data', (data) => client.write(toClient(data)))
    client.on('data', (data) => (breaksAt(data) ? client.destroy() : upstream.write(data)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  return { url: through.href, close: () => new Promise((resolve) => server.close(resolve)) }
}

/** True for the first data with these bytes, after so many others. */
function nth(bytes: Buffer, count: number) {
  let seen = 0
  const isIt = (data: Buffer) => data.includes(bytes) && ++seen === count
  return { isIt, seen: () => seen }
}

const answers = (broker: ReturnType<typeof createRabbitMq>) =>
  deadline('the broker answers', () => broker.hasExchange('amq.fanout').catch(() => false))

test('a connection that is closed in the moment it is opened is opened again', async () => {
  const opened = nth(OPEN_OK, 1)
  const way = await wayThat({ toClient: (data) => (opened.isIt(data) ? Buffer.concat([data, CLOSE]) : data) })
  const broker = createRabbitMq({ url: way.url, name: 'closed at once', log })
  await answers(broker)
  expect(opened.seen()).toBeGreaterThan(1)
  await broker.close()
  await way.close()
})

test.each([
  ['the first channel, which sees whether the connection stands,', 1],
  ['a channel that has asked something', 2],
])('a connection that breaks while %s is being closed is opened again', async (_, count) => {
  const closing = nth(CHANNEL_CLOSE, count)
  const way = await wayThat({ breaksAt: closing.isIt })
  const broker = createRabbitMq({ url: way.url, name: 'broken', log })
  await answers(broker)
  await answers(broker)
  expect(closing.seen()).toBeGreaterThan(count)
  await broker.close()
  await way.close()
})
