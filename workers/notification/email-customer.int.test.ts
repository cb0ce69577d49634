import { closeMailer } from '#domains/notification'
import {
  anOrderCancelled,
  anOrderConfirmed,
  anOrderRejected,
  anOrderShipped,
  aPaymentRefunded,
  attempt,
  react,
  record,
  testDatabase,
  type TestDatabase,
  testMailServer,
  type TestMailServer,
} from '#testing'
import { uuidv7 } from '#platform/uuid'
import emailCustomer from './email-customer.ts'

let database: TestDatabase
let server: TestMailServer
beforeEach(async () => {
  database = await testDatabase()
  server = await testMailServer()
  configure(server.url)
})
afterEach(async () => {
  closeMailer()
  await server.close()
  await database.close()
})

/** What this process would find in its environment. */
function configure(smtpUrl: string) {
  Object.assign(process.env, {
    SMTP_URL: smtpUrl,
    DATABASE_URL: database.url,
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
}

const subjects = () => server.received.map(({ source }) => /^Subject: (.*)$/m.exec(source)![1])
const journal = () => database.db.sentMail.findMany({ orderBy: { sentAt: 'asc' } })

it('writes one mail for each occasion and keeps a journal', async () => {
  const events = [anOrderConfirmed(), anOrderRejected(), anOrderCancelled(), anOrderShipped()]
  const { published } = await react(database, emailCustomer, ...events)
  expect(published).toEqual([])
  expect(server.received.map(({ to }) => to)).toEqual(Array(4).fill(['ada@example.com']))
  expect((await journal()).map(({ kind }) => kind).toSorted()).toEqual(events.map(({ type }) => type).toSorted())
})

it('does not write again when the same event comes twice', async () => {
  const [event] = await record(database, anOrderConfirmed())
  await react(database, emailCustomer, event!, event!)
  await react(database, emailCustomer, event!)
  expect(server.received).toHaveLength(1)
})

it('does not write again when the journal could not be written after the mail was accepted', async () => {
  const { pool } = database
  await pool.query(`
    CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'away' USING ERRCODE = '57P01'; END $$;
    CREATE TRIGGER away BEFORE INSERT ON sent_mails EXECUTE FUNCTION away()`)
  const [event] = await record(database, anOrderConfirmed())
  expect((await attempt(database, emailCustomer, event!)).outcomes).toMatchObject([{ kind: 'unavailable' }])
  await pool.query('DROP TRIGGER away ON sent_mails')
  await react(database, emailCustomer, event!)
  expect(server.received).toHaveLength(1)
  expect(await journal()).toHaveLength(1)
})

it('asks and writes the journal for many at once, and one that it refuses costs only itself', async () => {
  await database.pool.query(`ALTER TABLE sent_mails ADD CONSTRAINT known CHECK (kind <> 'order.rejected')`)
  const events = [anOrderConfirmed(), anOrderRejected(), anOrderShipped(), anOrderCancelled()]
  const { outcomes } = await attempt(database, emailCustomer, ...events)
  expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'failed', 'handled', 'handled'])
  expect(await journal()).toHaveLength(3)
})

it('does not write again when the process died between the mail and the end of its batch', async () => {
  const [event] = await record(database, anOrderConfirmed())
  await react(database, emailCustomer, event!)
  await database.db.handledEvent.deleteMany({ where: { eventId: event!.id } }) // the batch was never committed
  await react(database, emailCustomer, event!)
  expect(server.received).toHaveLength(1)
})

it('does not write again when its call was given up while the mail server was taking the mail', async () => {
  let taken = 0
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  closeMailer()
  await server.close()
  server = await testMailServer({
    onData(stream, _session, accept) {
      stream.resume().on('end', () => {
        taken++
        void answered.then(() => accept())
      })
    },
  })
  configure(server.url)
  const [event] = await record(database, anOrderConfirmed())
  const impatient = { ...emailCustomer, callTimeoutMs: 1_000 }
  expect((await attempt(database, impatient, event!)).outcomes).toMatchObject([{ kind: 'failed', during: 'call' }])
  const again = react(database, emailCustomer, event!)
  answer()
  await again
  expect(taken).toBe(1)
  expect(await journal()).toHaveLength(1)
})

it('finds out whom to tell of a refund', async () => {
  const orderId = uuidv7()
  await database.db.order.create({
    data: {
      id: orderId,
      status: 'cancelled',
      customer: { name: 'Grace Hopper', email: 'grace@example.com', locale: 'de-AT' },
      shippingAddress: {},
      total: 2_500,
      currency: 'GBP',
      placedAt: new Date(),
      updatedAt: new Date(),
    },
  })
  await react(database, emailCustomer, aPaymentRefunded({ orderId }))
  expect(server.received).toMatchObject([{ to: ['grace@example.com'] }])
  expect(subjects()).toEqual([expect.stringMatching(/^Ihre Erstattung zur Bestellung/)])
})

it('gives up on a refund of an order that nobody knows', async () => {
  const { outcomes } = await attempt(database, emailCustomer, aPaymentRefunded())
  expect(outcomes).toMatchObject([{ kind: 'failed', error: { name: 'Unrecoverable' } }])
})

it('waits while the mail server is away', async () => {
  closeMailer()
  configure('smtp://127.0.0.1:1')
  const { outcomes } = await attempt(database, emailCustomer, anOrderConfirmed())
  expect(outcomes).toMatchObject([{ kind: 'unavailable' }])
  expect(await journal()).toEqual([])
})
