import { deadline, testDatabase, type TestDatabase } from '#testing'
import { listRunning, reportProcess } from './index.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

test('a process says of which release it is until it ends; one that was killed is forgotten', async () => {
  const { db } = database
  const runs = ['payment.authorize-payment', 'payment.capture-payment']
  const reported = { db, service: 'worker', release: '1.1.0', runs }
  const one = reportProcess({ ...reported, instance: 'worker@a:1' })
  const two = reportProcess({ ...reported, instance: 'worker@b:1' })
  const relay = reportProcess({ db, service: 'relay', release: '1.0.0', instance: 'relay@a:2' })
  await Promise.all([one.begun, two.begun, relay.begun])
  expect(await listRunning(db)).toMatchObject([
    { service: 'relay', release: '1.0.0', runs: [], processes: 1 },
    { service: 'worker', release: '1.1.0', runs, processes: 2 },
  ])
  await two.end()
  expect(await listRunning(db)).toMatchObject([{ service: 'relay' }, { service: 'worker', processes: 1 }])
  const newer = reportProcess({ ...reported, release: '1.2.0', instance: 'worker@a:1' }) // the container began again
  await newer.begun
  expect(await listRunning(db)).toMatchObject([{ service: 'relay' }, { release: '1.2.0', processes: 1 }])
  await db.$executeRaw`UPDATE processes SET seen_at = seen_at - interval '31 s' WHERE service = 'relay'`
  expect(await listRunning(db)).toMatchObject([{ service: 'worker' }])
  await Promise.all([one.end(), newer.end(), relay.end()])
  await deadline('none runs', async () => (await listRunning(db)).length === 0)
})

test('it goes on where its row is lost, and nothing waits for a table that is not there', async () => {
  const { db } = database
  const reported = { db, service: 'api', release: '1.0.0', instance: 'api@a:1' }
  const report = reportProcess(reported)
  await report.begun
  await db.process.deleteMany()
  await report.end()
  expect(await db.process.findMany()).toMatchObject([{ instance: 'api@a:1', stoppedAt: expect.any(Date) as Date }])
  await db.$executeRaw`ALTER TABLE processes RENAME TO gone`
  const unheard = reportProcess(reported)
  await unheard.begun
  await unheard.end()
})
