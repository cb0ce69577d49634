// One customer lives through everything that the system does with orders, and is forgotten: no byte of them is left anywhere.
// RETAIL_CSV=<file> RETAIL_ORDERS=1000 npm test -- personal-data -t 'real orders' does so with orders of a retail CSV.
import { createGateway } from '#domains/payment'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  archiveBefore,
  commitEdit,
  createProjectionReader,
  createWakeUp,
  defineReaction,
  discard,
  draftEdit,
  exportEvents,
  findReactions,
  loadProjections,
  loadReactions,
  planEdit,
  redrive,
  restoreArchive,
  Unrecoverable,
} from '#messaging'
import { exportCustomer, forgetCustomer, planForgetting, sweepForgotten } from '#domains/customer'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { lookupRoutes } from '#domains/lookup'
import { foldIntoRows } from '#domains/order'
import { shippingRoutes } from '#domains/shipping'
import { NO_ADDRESS, OrderPlaced } from '#events'
import { notBuilt, tooEarly } from '#http'
import { destroyKey, expectMasterKeys, personOf } from '#platform/sealing'
import {
  deadline,
  endFirstPartition,
  project,
  requireTestService,
  testMailServer,
  testSystem,
  type TestMailServer,
  type TestSystem,
} from '#testing'
import { catalogueOf, stockFor } from '../examples/retail-import/catalogue.ts'
import { orderOf, sortLines, type Invoice } from '../examples/retail-import/invoices.ts'
import { inLanes } from '../examples/retail-import/lanes.ts'
import { readRetailLines } from '../examples/retail-import/retail-line.ts'
import { openShopApi } from '../examples/retail-import/shop-api.ts'
import { startGateway, type RunningGateway } from '../sandbox/payment-gateway/server.ts'
import { startSms, type RunningSms } from '../sandbox/sms/server.ts'
import { audit } from '../src/audit/index.ts'
import { keysOf } from '../src/platform/sealing/keys.ts'
import { anOrder, MUG, testApi, type TestApi } from '../src/testing/api.ts'

/** Texts that stand nowhere else on this machine. */
const mark = (what: string) => `${what}${randomBytes(6).toString('hex')}`
const email = `${mark('zaphira')}@markers.example`
const [name, street, city, postalCode, ownWords, edited] = ['Quill', 'Wombat', 'Ybbs', 'PC', 'own', 'Ed'].map(mark)
/** 15 digits, the most that a number has, and not the form in which it is texted to. */
const digits = String(10n ** 14n + (BigInt(`0x${randomBytes(8).toString('hex')}`) % (9n * 10n ** 14n)))
const phone = `+${digits.slice(0, 7)} ${digits.slice(7)}`
const note = mark('bell')
const billing = {
  name: mark('Payer'),
  line1: mark('Ledger'),
  city: mark('Bank'),
  postalCode: mark('BC'),
  country: 'GB',
}
const { country: _, ...billed } = billing
const MARKERS = [
  email,
  name!,
  street!,
  city!,
  postalCode!,
  phone,
  `+${digits}`,
  ownWords!,
  edited!,
  note,
  ...Object.values(billed),
]
const CONTROL = mark('control')
const customer = { name: `Zaphira ${name}`, email, phone, sms: true }
const shippingAddress = { line1: `77 ${street} Lane`, city: city!, postalCode: postalCode!, country: 'GB' }

/** Fails for this customer alone, and quotes all that it knows. */
const quoting = defineReaction({
  name: 'test.quoting',
  on: OrderPlaced,
  handle({ data }) {
    if (data.customer.email !== email) return null
    throw new Unrecoverable(`no way to ${data.customer.name} <${data.customer.email}> at ${data.shippingAddress.line1}`)
  },
})

let system: TestSystem
let api: TestApi
let gateway: RunningGateway
let mail: TestMailServer
let sms: RunningSms
let folder: string
const log: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fanfare-personal-'))
  gateway = await startGateway({ port: 0 })
  mail = await testMailServer()
  sms = await startSms({ port: 0 })
  for (const service of ['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'])
    process.env[service] = requireTestService(`TEST_${service}`)
  Object.assign(process.env, { SMTP_URL: mail.url, SMS_URL: sms.url, PAYMENT_GATEWAY_URL: gateway.url })
  const reactions = [...(await loadReactions(findReactions('workers'))), quoting]
  system = await testSystem(reactions, { logLevel: 'trace', logTo: { write: (line) => void log.push(line) } })
  const { db } = system
  const wakeUp = createWakeUp(system.pool)
  const projections = createProjectionReader({ db, tooEarly, notBuilt })
  api = await testApi(system, [...shippingRoutes({ db, ...wakeUp }), ...lookupRoutes({ projections })])
  await receiveStock(db, [{ sku: MUG.sku, quantity: 100 }])
})
afterAll(async () => {
  await api?.close()
  await system?.close()
  await gateway.close()
  await mail.close()
  await sms.close()
  rmSync(folder, { recursive: true })
})

async function place(given: object = {}): Promise<string> {
  return (
    (await api.place(anOrder({ customer, shippingAddress, billingAddress: billing, note, ...given })).expect(202))
      .body as { id: string }
  ).id
}

async function deliver(id: string) {
  const { trackingNumber } = await system.db.shipment.findUniqueOrThrow({ where: { orderId: id } })
  await api.post(`/v1/shipments/${trackingNumber}/delivered`).expect(200)
}

/** Each place where one of the texts stands: rows of tables, files of the services, files of archives, lines of the log. */
async function findAnywhere(texts: readonly string[]): Promise<string[]> {
  const isIn = (where: string) => texts.some((text) => where.includes(text) || where.includes(hexOf(text)))
  return [
    ...(await rowsOf(system)).filter(({ row }) => isIn(row)).map(({ table }) => `table ${table}`),
    ...log.filter(isIn).map((line) => `log ${line}`),
    ...filesWith(texts, [folder, ...(await folderOfServices(system))]),
  ]
}

const hexOf = (text: string) => Buffer.from(text).toString('hex')

async function rowsOf({ pool }: TestSystem): Promise<{ table: string; row: string }[]> {
  const { rows: tables } = await pool.query<{ table: string }>(`
    SELECT format('%I.%I', schemaname, tablename) AS table FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
  const found = []
  for (const { table } of tables) {
    const { rows } = await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${table} AS t`)
    found.push(...rows.map(({ row }) => ({ table, row })))
  }
  return found
}

/** Data, write-ahead log, queues and logs of the services, where they are private to the tests and lie on this machine. */
async function folderOfServices({ pool }: TestSystem): Promise<string[]> {
  await pool.query('CHECKPOINT')
  const { rows } = await pool.query<{ data_directory: string }>('SHOW data_directory')
  const services = path.join(process.cwd(), '.fanfare', 'test')
  return [...new Set([rows[0]!.data_directory, services])].filter((one) => {
    try {
      accessSync(one, constants.R_OK)
      return true
    } catch {
      return false
    }
  })
}

function filesWith(texts: readonly string[], folders: readonly string[]): string[] {
  const patterns = texts.flatMap((text) => ['-e', text])
  const packed = spawnSync('sh', ['-c', `find ${folder} -name '*.gz' -exec gzip -dkf {} +`])
  if (packed.status !== 0) throw new Error(packed.stderr.toString())
  const { status, stdout, stderr } = spawnSync('grep', ['-rlaF', ...patterns, ...folders])
  if (status === 2 && stdout.length === 0 && !/No such file/.test(stderr.toString())) throw new Error(stderr.toString())
  return stdout.toString().split('\n').filter(Boolean)
}

it('seals a customer everywhere, forgets them, and no byte of them is left', async () => {
  const { db } = system
  const [delivered, other] = [await place(), await place()]
  await system.settled(120_000)
  await deliver(delivered)
  await deliver(other)
  await system.settled(120_000)
  await system.stopReactions() // what follows waits in RabbitMQ, or is cancelled before anybody has heard of it
  const called = await place()
  await api.post(`/v1/orders/${called}/cancel`, { reason: `because of ${ownWords}` }).expect(200)
  await deadline('all published', async () => {
    const [relay] = await db.$queryRaw<[{ done: boolean }]>`
      SELECT coalesce((SELECT max(position) FROM relay_checkpoints) >= (SELECT max(position) FROM events), false) AS done`
    return relay.done
  })
  expect(await findAnywhere(MARKERS)).toEqual([])
  const reactions = [...(await loadReactions(findReactions('workers'))), quoting]
  for (const reaction of reactions) await system.run(reaction)
  await system.settled(120_000)
  await project(system, ...(await loadProjections(findReactions('workers'))))

  // Everybody who needs them still knows them.
  const view = async (id: string) => (await api.get(`/v1/orders/${id}`)).body as Record<string, object>
  expect(await view(called)).toMatchObject({
    customer,
    shippingAddress,
    billingAddress: billing,
    note,
    ended: { detail: `because of ${ownWords}` },
  })
  expect(mail.received.flatMap(({ to }) => to)).toContain(email)
  expect(sms.taken.map(({ to }) => to)).toContain(`+${digits}`)
  const search = async (q: string) =>
    (await api.get(`/v1/search/orders?q=${encodeURIComponent(q)}`)).body as { orders: object[] }
  const found = await search(`zaph ${name!.slice(0, 7)}`)
  expect(found.orders).toHaveLength(3)
  expect(found.orders[0]).toMatchObject({ customer: { name: customer.name, email } })
  const ofCustomer = `/v1/customers/orders?email=${encodeURIComponent(email.toUpperCase())}`
  expect(((await api.get(ofCustomer)).body as { orders: object[] }).orders).toHaveLength(3)
  const known = await exportCustomer(db, email)
  for (const text of [email, name!, street!, city!, postalCode!, phone, ownWords!, note, ...Object.values(billed)])
    expect(JSON.stringify(known)).toContain(text)
  expect(known).toMatchObject({ points: 50, orders: { length: 3 } })

  // An operator edits one dead letter and discards all.
  const context = { db, operator: 'ada' }
  const letters = await db.delivery.findMany({ where: { reaction: quoting.name, state: 'dead' } })
  expect(letters).toHaveLength(3)
  expect(letters[0]!.errorMessage).toBe('no way to (personal) <(personal)> at (personal)')
  const toldOf = log.filter((line) => line.includes('given up')).map((line) => JSON.parse(line) as { actor: string })
  expect(toldOf.map(({ actor }) => actor)).toEqual(letters.map(() => expect.stringMatching(/^test\/[0-9a-f]{8}$/)))
  const draft = await draftEdit(context, quoting, letters[0]!.id)
  const data = JSON.parse(draft.text) as { customer: object }
  const text = JSON.stringify({ ...data, customer: { ...data.customer, name: edited } })
  await commitEdit(context, planEdit(draft, text, quoting))
  expect(await redrive(context, quoting.name, { ids: [letters[0]!.id] })).toMatchObject({ deadAgain: 1 })
  await discard(context, quoting.name, { all: true }, 'no use')
  await exportEvents({ db, file: path.join(folder, 'log.ndjson.gz') })
  expect(await findAnywhere(MARKERS)).toEqual([])

  const plan = await planForgetting(db, email)
  expect(plan).toMatchObject({ orders: [{ isOpen: false }, { isOpen: false }, { isOpen: false }], unsettled: 0 })
  const open = await place() // somebody who is waiting for a parcel is not forgotten
  await expect(forgetCustomer(db, { email, by: 'ada' })).rejects.toThrow(`still needed: ${open} is `)
  await api.post(`/v1/orders/${open}/cancel`, { reason: 'so that it can be' })
  await system.settled(120_000)
  await deadline('its dead letter', () => db.delivery.count({ where: { reaction: quoting.name, state: 'dead' } }))
  await discard(context, quoting.name, { all: true }, 'no use')
  await project(system, ...(await loadProjections(findReactions('workers'))))
  const { events } = (await exportCustomer(db, email))!
  const archived = await archive()
  expect(await db.event.count()).toBeLessThan(events.length)
  const whole = (await exportCustomer(db, email))!
  expect([whole.events, whole.archives]).toEqual([events, [{ name: path.basename(archived), place: archived }]])
  renameSync(archived, `${archived}-elsewhere`)
  expect((await exportCustomer(db, email))!.archives).toMatchObject([
    { unread: expect.stringMatching('cannot be read') },
  ])
  renameSync(`${archived}-elsewhere`, archived)
  expect(await forgetCustomer(db, { email: ` ${email.toUpperCase()}`, by: 'ada', reason: 'asked for it' })).toBe(
    plan!.person,
  )
  expect(await forgetCustomer(db, { email, by: 'ada' })).toBeUndefined()

  // Nobody knows them any more, from the archive neither, and everything else is as it was.
  await restoreArchive({ db, instance: 'test', place: archived })
  const withheld = {
    customer: { name: '-', email: NO_ADDRESS, phone: '-', sms: true },
    shippingAddress: { line1: '-', country: 'GB' },
    billingAddress: { name: '-', line1: '-', city: '-', postalCode: '-', country: 'GB' },
    note: '-',
  }
  expect(await view(delivered)).toMatchObject({ ...withheld, status: 'delivered', total: { amount: 2_500 } })
  expect((await api.get(`/v1/orders/${delivered}?at=1`)).body).toMatchObject(withheld)
  expect(await view(called)).toMatchObject({ ...withheld, ended: { detail: '-' } })
  expect((await search('zaph')).orders).toEqual([])
  expect((await search(delivered)).orders).toMatchObject([{ customer: { name: '-', email: NO_ADDRESS } }])
  expect(((await api.get(ofCustomer)).body as { orders: object[] }).orders).toEqual([])
  expect(await exportCustomer(db, email)).toBeUndefined()
  const findings = await audit(db, { patienceMs: 20_000, gateway: createGateway(gateway.url) })
  expect(findings.filter(({ count, skipped }) => count > 0 || skipped)).toEqual([])

  // The search would have found them: it finds what is put into a table and a file.
  await db.$executeRaw`UPDATE orders SET detail = ${CONTROL} WHERE id = ${delivered}::uuid`
  expect((await findAnywhere([CONTROL])).some((where) => where === 'table public.orders')).toBe(true)
  expect(readFileSync(path.join(folder, 'log.ndjson'), 'utf8')).toContain(delivered)
  expect(filesWith([delivered], [folder]).length).toBeGreaterThan(1)
  expect(await findAnywhere(MARKERS)).toEqual([])

  // Whoever comes back is somebody new.
  const back = await view(await place())
  expect(back).toMatchObject({ customer, shippingAddress })
  expect((await planForgetting(db, email))!.person).not.toBe(plan!.person)
}, 300_000)

describe('whoever is forgotten while others still work with their data', () => {
  const somebody = () => ({ name: `Ada ${mark('Lace')}`, email: `${mark('ada')}@markers.example` })
  const destroy = (email: string) => system.db.$transaction((tx) => destroyKey(tx, { email, by: 'ada' }))
  const loadSearch = async () =>
    (await loadProjections(findReactions('workers'))).find(({ name }) => name === 'lookup.order-search')!
  const hiddenWords = async (id: string) => {
    const [found] = await system.db.$queryRaw<{ words: string[] }[]>`
      SELECT tsvector_to_array(words) AS words FROM projection_lookup_order_search.documents WHERE order_id = ${id}::uuid`
    return found!.words.filter((word) => word.startsWith('#'))
  }
  beforeAll(async () => {
    await system.stopReactions()
    await project(system, await loadSearch())
  })

  it('is not made somebody new by a process that remembers their key', async () => {
    const [{ db }, ada] = [system, somebody()]
    const id = await place({ customer: ada })
    expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ customer: ada })
    await destroy(ada.email)
    await api.post(`/v1/orders/${id}/cancel`, { reason: ada.name }).expect(200)
    expect(await personOf(db, ada.email)).toBeUndefined()
    expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ status: 'cancelled', customer: { name: '-' } })
  })

  it('is remembered five seconds from the question for their key, however late its answer is read', async () => {
    const [{ db }, ada] = [system, somebody()]
    await place({ customer: ada })
    const person = (await personOf(db, ada.email))!
    const began = performance.now() + 6_000 // by then nobody remembers what the order was sealed with
    const now = jest.spyOn(performance, 'now').mockReturnValue(began)
    try {
      const asked = keysOf(db, new Set([person]))
      now.mockReturnValue(began + 4_000)
      expect((await asked).get(person)).toMatchObject({ person })
      await destroy(ada.email)
      now.mockReturnValue(began + 5_001)
      expect((await keysOf(db, new Set([person]))).get(person)).toBeNull()
    } finally {
      now.mockRestore()
    }
  })

  it('leaves no words in a search whose process remembers their key', async () => {
    const ada = somebody()
    const id = await place({ customer: ada })
    expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ customer: ada })
    await destroy(ada.email)
    await sweepForgotten(system.db)
    await project(system, await loadSearch())
    expect(await hiddenWords(id)).toEqual([])
  })

  it('leaves no words in a search that has read them, and not written them yet', async () => {
    const [{ db, pool }, ada, key] = [system, somebody(), 4712]
    const waiting = async (condition: string) => {
      const { rowCount } = await pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND ${condition}`)
      return rowCount! > 0
    }
    await pool.query(`CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(${key}); RETURN NEW; END $$`)
    await pool.query(`CREATE TRIGGER gate BEFORE INSERT ON projection_lookup_order_search.documents
      FOR EACH ROW EXECUTE FUNCTION gate()`)
    const gate = await pool.connect()
    await gate.query(`SELECT pg_advisory_lock(${key})`)
    try {
      const id = await place({ customer: ada })
      const projecting = project(system, await loadSearch())
      await deadline('the projection is about to write', () => waiting(`objid = ${key}`))
      await destroy(ada.email)
      let isSwept = false
      const sweeping = sweepForgotten(db).then(() => (isSwept = true))
      await deadline('it is swept, or waits', async () => isSwept || (await waiting(`objid <> ${key}`)))
      await gate.query(`SELECT pg_advisory_unlock(${key})`)
      await Promise.all([projecting, sweeping])
      expect(await hiddenWords(id)).toEqual([])
    } finally {
      gate.release(true)
      await pool.query('DROP FUNCTION gate CASCADE')
    }
  })
})

it('tells master keys that open nothing here, or would find nobody', async () => {
  const { db } = system
  const environment = process.env
  const use = (...keys: string[]) => (process.env = { ...environment, PERSONAL_DATA_KEYS: keys.join() })
  const [used, other] = ['de'.repeat(32), 'ab'.repeat(32)]
  try {
    await expectMasterKeys(db)
    use(other, used)
    await expectMasterKeys(db)
    use(used, other)
    await expect(expectMasterKeys(db)).rejects.toThrow(/last of PERSONAL_DATA_KEYS is not the one/)
    use(other)
    await expect(expectMasterKeys(db)).rejects.toThrow(/PERSONAL_DATA_KEYS does not hold/)
  } finally {
    process.env = environment
  }
})

const CSV = process.env['RETAIL_CSV']
const ORDERS = Number(process.env['RETAIL_ORDERS'] ?? 300)
const PATIENCE_MS = 60_000 + 500 * ORDERS

/** A part of every name and address: the file has none, so they are made up. */
const RUN = mark('run')

async function importRetail(file: string) {
  const lines = readRetailLines(readFileSync(file, 'utf8'))
  const invoices = sortLines(lines).invoices.slice(0, ORDERS)
  await upsertProducts(system.db, catalogueOf(lines))
  await receiveStock(system.db, stockFor(invoices))
  const shop = openShopApi(api.url, api.key)
  await inLanes(invoices, 4, async (invoice) => void (await shop.place(ordered(invoice), invoice.number)))
  return invoices.map((invoice) => ({ ...ordered(invoice), number: invoice.customer }))
}

function ordered(invoice: Invoice) {
  const { customer: number } = invoice
  const order = orderOf(invoice)
  const customer = { name: `${RUN} ${number}`, email: `${RUN}-${number}@markers.example` }
  return {
    ...order,
    customer,
    shippingAddress: { ...order.shippingAddress, line1: `1 ${RUN} Street`, city: RUN },
  }
}

/** Who ordered most often. */
function regularOf(orders: Awaited<ReturnType<typeof importRetail>>) {
  const of = (wanted: string) => orders.filter(({ number }) => number === wanted)
  const numbers = [...new Set(orders.map(({ number }) => number))]
  return numbers.map(of).toSorted((a, b) => b.length - a.length)[0]!
}

if (CSV)
  it(
    'forgets a customer of real orders, and no byte of them is left',
    async () => {
      const { db } = system
      const projections = await loadProjections(findReactions('workers'))
      const imported = await importRetail(CSV)
      const theirs = regularOf(imported)
      const { customer, number } = theirs[0]!
      const other = imported.find((order) => order.number !== number)!.customer
      await system.settled(PATIENCE_MS)
      const plan = (await planForgetting(db, customer.email))!
      for (const { id, status } of plan.orders) if (status === 'shipped') await deliver(id)
      await system.settled(PATIENCE_MS)
      await project(system, ...projections)
      await exportEvents({ db, file: path.join(folder, 'log.ndjson.gz') })
      const archived = await archive()
      expect(await findAnywhere([RUN])).toEqual([])

      const known = (await exportCustomer(db, customer.email))!
      expect(known).toMatchObject({ orders: { length: theirs.length }, archives: [{ place: archived }] })
      const began = performance.now()
      expect(await forgetCustomer(db, { email: customer.email, by: 'ada' })).toBe(plan.person)
      const seconds = ((performance.now() - began) / 1_000).toFixed(1)
      await restoreArchive({ db, instance: 'test', place: archived })
      expect(await findAnywhere([RUN])).toEqual([])
      expect(filesWith([plan.orders[0]!.id], [folder]).length).toBeGreaterThan(0)

      for (const { id } of plan.orders)
        expect((await api.get(`/v1/orders/${id}`)).body).toMatchObject({ customer: { name: '-', email: NO_ADDRESS } })
      const search = async (email: string) =>
        ((await api.get(`/v1/search/orders?q=${encodeURIComponent(email)}`)).body as { orders: object[] }).orders
      expect(await search(customer.email)).toEqual([])
      expect((await search(other.email))[0]).toMatchObject({ customer: other })
      const findings = await audit(db, { patienceMs: 60_000, gateway: createGateway(gateway.url) })
      expect(findings.filter(({ count, skipped }) => count > 0 || skipped)).toEqual([])
      const events = await db.event.count()
      const what = `${imported.length} orders with ${events} events; one customer with ${theirs.length} orders`
      process.stdout.write(`${what} forgotten in ${seconds} s\n`)
    },
    4 * PATIENCE_MS,
  )

/** Everything so far. @returns where */
async function archive(): Promise<string> {
  const { db } = system
  const end = Date.now() + 50
  await db.$executeRaw`
    INSERT INTO reconcile_state (reaction, watermark)
    SELECT reaction, (SELECT max(position) FROM events) FROM subscriptions GROUP BY reaction
    ON CONFLICT (reaction) DO UPDATE SET watermark = excluded.watermark`
  await endFirstPartition(system, new Date(end))
  await deadline('the partition has ended', () => Date.now() > end)
  const beforeGoing = (streams: readonly string[]) => foldIntoRows(db, streams)
  const options = { db, instance: 'test', openAmong: () => Promise.resolve([]), beforeGoing }
  const [report] = await archiveBefore({ ...options, before: new Date(), to: path.join(folder, 'archive') })
  expect(report).toMatchObject({ outcome: 'archived', reasons: [] })
  return report!.place!
}
