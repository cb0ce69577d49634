import { createRabbitMq } from '#messaging'
import { createLogger } from '#platform/logger'
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
