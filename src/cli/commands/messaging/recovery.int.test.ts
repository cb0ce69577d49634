import { subscribe } from '#messaging'
import {
  anOrderConfirmed,
  anOrderPlaced,
  deadline,
  record,
  requireTestService,
  testSystem,
  type TestSystem,
} from '#testing'
import emailCustomer from '../../../../workers/notification/email-customer.ts'
import recordHistory from '../../../../workers/order/record-history.ts'
import { fanfare } from '../../fanfare.ts'

let system: TestSystem
beforeEach(async () => (system = await testSystem([])))
afterEach(() => system.close())

async function run(command: 'audit' | 'reconcile' | 'replay', ...args: string[]) {
  const env = {
    ...process.env,
    DATABASE_URL: system.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    PAYMENT_GATEWAY_URL: '',
    MESSAGING_NAMESPACE: system.names.namespace,
    RETRY_DELAYS: '50,200',
  }
  let output = ''
  const note = (text: string | Uint8Array) => Boolean((output += String(text)))
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(note))
  try {
    return { code: await fanfare([command, ...args], { env }), output }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const orders = (count: number) => record(system, ...Array.from({ length: count }, () => anOrderPlaced()))
const relayed = () =>
  deadline('relayed', () => system.db.relayCheckpoint.findFirst({ where: { position: { gte: 3n } } }))
const stepsTold = () => system.db.orderHistory.count()

test('audit: 0 where all is well, 1 and the offenders where it is not', async () => {
  const well = await run('audit')
  expect(well).toMatchObject({ code: 0, output: expect.stringContaining('invariants hold') })
  await orders(1)
  const broken = await run('audit')
  expect(broken.code).toBe(1)
  expect(broken.output).toMatch(/BROKEN {2}order-placed-once .*\n +\S+: It was published, but there is no such order\./)
  const { ok, findings } = JSON.parse((await run('audit', '--json')).output)
  expect(ok).toBe(false)
  expect(findings).toContainEqual(expect.objectContaining({ invariant: 'order-placed-once', count: 1 }))
})

test('reconcile: says what is lost, then delivers it', async () => {
  await subscribe(system.db, [recordHistory])
  await orders(3)
  await relayed()
  await system.broker.destroy({
    exchanges: [],
    queues: [{ name: system.names.queue(recordHistory.name), arguments: {} }],
    bindings: [],
  })
  const looked = await run('reconcile', '--reaction', recordHistory.name, '--dry-run')
  expect(looked).toMatchObject({ code: 0, output: expect.stringContaining('3 lost events') })
  const [report] = JSON.parse((await run('reconcile', '--reaction', recordHistory.name, '--json')).output)
  expect(report).toMatchObject({ reaction: recordHistory.name, lost: 3, delivered: 3 })
  expect(await system.db.delivery.count({ where: { reaction: recordHistory.name, reason: 'lost' } })).toBe(3)
  expect(await run('reconcile', '--reaction', 'nobody')).toMatchObject({ code: 2 })
})

test('replay: history to a reaction that was born later, and once more for a rebuilt projection', async () => {
  await orders(3)
  await relayed()
  await subscribe(system.db, [recordHistory])
  await system.run(recordHistory)
  const looked = await run('replay', recordHistory.name, '--dry-run')
  expect(looked).toMatchObject({ code: 0, output: expect.stringContaining('order.record-history gets 3 events') })
  expect(await run('replay', recordHistory.name)).toMatchObject({
    code: 0,
    output: expect.stringContaining('3 events delivered'),
  })
  await system.settled()
  expect(await stepsTold()).toBe(3)

  await system.db.$executeRaw`TRUNCATE order_history`
  const asked = await run('replay', recordHistory.name, '--again')
  expect(asked).toMatchObject({ code: 2, output: expect.stringContaining('add --yes') })
  expect(await run('replay', recordHistory.name, '--again', '--yes')).toMatchObject({ code: 0 })
  await system.settled()
  expect(await stepsTold()).toBe(3)
})

test('replay: what acts outside of the database is not done a second time', async () => {
  await subscribe(system.db, [emailCustomer])
  await record(system, anOrderConfirmed())
  await deadline('relayed', () => system.db.relayCheckpoint.findFirst({ where: { position: 1n } }))
  const first = await run('replay', emailCustomer.name)
  expect(first).toMatchObject({
    code: 2,
    output: expect.stringContaining('will act outside of the database for 1 event'),
  })
  const again = await run('replay', emailCustomer.name, '--again', '--yes')
  expect(again).toMatchObject({ code: 2, output: expect.stringContaining('cannot do them a second time') })
})
