import { randomBytes } from 'node:crypto'
import { createRabbitMq } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { deadline, placeOf, releases, requireTestService, tcpProxy } from '#testing'

const later = releases()

test('an outage ends with one line for the connection: how long it was away', async () => {
  const lines: { msg: string; isRecovery?: boolean }[] = []
  const log = createLogger('test', 'info', { write: (line: string) => void lines.push(JSON.parse(line)) })
  const url = requireTestService('TEST_RABBITMQ_URL')
  const proxy = await tcpProxy(placeOf(url))
  later(proxy.close)
  const through = proxy.through(url)
  const broker = createRabbitMq({ url: through, name: 'trial', log })
  later(broker.close)
  await broker.depth('nobody')
  expect(lines).toEqual([])
  proxy.cut()
  const again = await deadline('told', () => lines.find(({ isRecovery }) => isRecovery))
  const awayMs = expect.any(Number)
  expect(again).toMatchObject({
    msg: expect.stringMatching(/^connection 'trial \w+' to RabbitMQ is open again$/),
    address: new URL(through).host,
    awayMs,
  })
})

test('queues are deleted, though the connection breaks before the answer', async () => {
  const log = createLogger('test', 'silent')
  const url = requireTestService('TEST_RABBITMQ_URL')
  const proxy = await tcpProxy(placeOf(url))
  later(proxy.close)
  const broker = createRabbitMq({ url: proxy.through(url), name: 'trial', log })
  later(broker.close)
  const queue = `test-${randomBytes(4).toString('hex')}`
  await broker.declare({ exchanges: [queue], queues: [{ name: queue, arguments: {} }], bindings: [] })
  proxy.blackHole()
  const deleted = broker.destroy({ exchanges: [queue], queues: [{ name: queue, arguments: {} }], bindings: [] })
  await new Promise(setImmediate) // it has asked
  proxy.cut()
  proxy.heal()
  await deleted
  expect(await broker.depth(queue)).toBeUndefined()
  expect(await broker.hasExchange(queue)).toBe(false)
})
