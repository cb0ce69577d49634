import { createRabbitMq } from '#messaging'
import { createLogger } from '#platform/logger'
import { requireTestService } from '#testing'

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
