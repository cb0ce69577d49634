import { OrderPlaced } from '#events'
import {
  commitEdit,
  defineReaction,
  describeDeadLetter,
  draftEdit,
  planEdit,
  readStory,
  reconcile,
  redrive,
  Refused,
  topologyOf,
  UnreadableEvent,
  Unrecoverable,
  withValue,
  type DeadLetterContext,
} from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem } from '#testing'
import { uuidv7 } from '#platform/uuid'
import { resendLost } from './resend.ts'

jest.setTimeout(30_000)

let system: TestSystem
let context: DeadLetterContext
const handled: { id: string; token: string }[] = []
const keys: string[] = []

const charge = defineReaction({
  name: 'test.charge',
  on: OrderPlaced,
  retry: { attempts: 1 },
  call: async (_, { idempotencyKey }) => void keys.push(idempotencyKey),
  handle({ id, data }) {
    if (data.payment.token !== 'good') throw new Unrecoverable('no such token')
    handled.push({ id, token: data.payment.token })
  },
})

beforeEach(async () => {
  handled.length = 0
  keys.length = 0
  system = await testSystem([charge])
  context = { ...system, ladder: [50, 200], operator: 'ada' }
})
afterEach(() => system.close())

async function deadOrder() {
  const [event] = await record(system, anOrderPlaced({ payment: { token: 'bad' } }))
  await system.settled()
  return { event: event!, letter: await system.db.deadLetter.findFirstOrThrow({ where: { eventId: event!.id } }) }
}

async function withToken(id: string, token: unknown) {
  const draft = await draftEdit(context, charge, id)
  return planEdit(draft, JSON.stringify(withValue(JSON.parse(draft.text), '/payment/token', token)), charge)
}

test('the edited copy is handled under an id of its own, and the original never again', async () => {
  const { event, letter } = await deadOrder()
  const edit = await withToken(letter.id, 'good')
  expect(edit.changes).toEqual([{ pointer: '/payment/token', before: 'bad', after: 'good' }])
  const { copyId, eventId } = await commitEdit(context, edit, 'a typing mistake')
  expect(await redrive(context, charge.name, { ids: [copyId] })).toMatchObject({ outcome: 'done', handled: 1 })
  expect(handled).toEqual([{ id: eventId, token: 'good' }])
  expect(keys).toEqual([`${charge.name}:${event.id}`, `${charge.name}:${eventId}`])
  await deadline('resolved', () => system.db.deadLetter.findFirst({ where: { id: copyId, status: 'resolved' } }))
  expect(await system.db.deadLetter.findMany({ orderBy: { id: 'asc' } })).toMatchObject([
    { id: letter.id, status: 'edited' },
    { id: copyId, status: 'resolved', parentId: letter.id, eventId },
  ])
  // A copy of the original that is still somewhere comes late: the ledger knows that it is closed.
  const { body, contentType } = letter
  const message = { exchange: '', routingKey: system.names.queue(charge.name), messageId: event.id }
  await system.broker.publish([{ ...message, body: Buffer.from(body), contentType: contentType! }])
  const [later] = await record(system, anOrderPlaced({ payment: { token: 'good' } }))
  await deadline('the later order is handled', () => handled.some(({ id }) => id === later!.id))
  expect(handled).toHaveLength(2)
  expect(await describeDeadLetter(system.db, charge.name, letter.id)).toMatchObject({
    ledger: { kind: 'closed by an operator', instance: 'operator ada' },
    line: [{ id: letter.id }, { id: copyId }],
  })
  expect(await readStory(system.db, event.correlationId)).toMatchObject([
    { reactions: [{ state: 'handled', deadLetters: [{ status: 'edited' }, { id: copyId, status: 'resolved' }] }] },
  ])
})

test('an edit that fails again shows its whole line', async () => {
  const { event, letter } = await deadOrder()
  const { copyId } = await commitEdit(context, await withToken(letter.id, 'still bad'))
  expect(await redrive(context, charge.name, { all: true })).toMatchObject({ sent: 1, deadAgain: 1 })
  const latest = await describeDeadLetter(system.db, charge.name)
  expect(latest.line).toMatchObject([
    { id: letter.id, status: 'edited' },
    { id: copyId, status: 'redriven' },
    { id: latest.id, status: 'open' },
  ])
  expect(latest.story).toMatchObject([{ id: event.id, reactions: [{ state: 'dead', failures: [{}, {}] }] }])
})

test('what does not fit the schema, is no JSON or changes nothing is not sent', async () => {
  const { letter } = await deadOrder()
  await expect(withToken(letter.id, 7)).rejects.toThrow(UnreadableEvent)
  await expect(withToken(letter.id, 7)).rejects.toThrow(/\/payment\/token/)
  await expect(withToken(letter.id, 'bad')).rejects.toThrow(/Nothing is different/)
  const draft = await draftEdit(context, charge, letter.id)
  expect(() => planEdit(draft, '{', charge)).toThrow(/This is not JSON/)
  expect(await system.db.deadLetter.findMany()).toMatchObject([{ status: 'open' }])
})

test('it is edited once, whoever else tries at the same time', async () => {
  const { letter } = await deadOrder()
  const edits = await Promise.all([
    withToken(letter.id, 'good'),
    withToken(letter.id, 'good'),
    withToken(letter.id, 'good'),
  ])
  const results = await Promise.allSettled(edits.map((edit) => commitEdit(context, edit)))
  const won = results.filter(({ status }) => status === 'fulfilled')
  expect(won).toHaveLength(1)
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Refused)
  await expect(draftEdit(context, charge, letter.id)).rejects.toThrow(/is edited already/)
  expect(await redrive(context, charge.name, { all: true })).toMatchObject({ total: 1, handled: 1 })
})

test('an event that was handled meanwhile is not edited', async () => {
  const { event, letter } = await deadOrder()
  const edit = await withToken(letter.id, 'good')
  await system.db.handledEvent.create({
    data: { eventId: event.id, reaction: charge.name, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'x' },
  })
  await expect(commitEdit(context, edit)).rejects.toThrow(/handled already/)
  expect(await system.db.deadLetter.findMany()).toMatchObject([{ status: 'open' }])
})

test('a message whose envelope cannot be read is edited as a whole', async () => {
  const queue = system.names.queue(charge.name)
  await system.broker.publish([{ exchange: '', routingKey: queue, messageId: 'by-hand', body: Buffer.from('{"oops"') }])
  const letter = await deadline('a dead letter', () => system.db.deadLetter.findFirst())
  const draft = await draftEdit(context, charge, letter.id)
  expect(draft).toMatchObject({ part: 'message', text: '{"oops"', eventId: null })
  const { data, stream } = anOrderPlaced({ payment: { token: 'good' } })
  const message = {
    specversion: '1.0',
    type: 'order.placed',
    source: '/hand',
    subject: stream,
    time: new Date(),
    streamversion: 1,
    correlationid: 'by hand',
    data,
  }
  const { copyId } = await commitEdit(context, planEdit(draft, JSON.stringify(message), charge))
  expect(await redrive(context, charge.name, { ids: [copyId] })).toMatchObject({ handled: 1 })
})

test('an ordered reaction reads the event store, so its dead letters are not edited', async () => {
  const { letter } = await deadOrder()
  await expect(draftEdit(context, { ...charge, ordered: true }, letter.id)).rejects.toThrow(/is ordered/)
})

test('an edited copy that the broker has lost is sent again by reconciliation', async () => {
  const { letter } = await deadOrder()
  const { copyId, eventId } = await commitEdit(context, await withToken(letter.id, 'good'))
  const closedAt = new Date(Date.now() - 3_600_000)
  await system.db.deadLetter.update({ where: { id: copyId }, data: { status: 'redriven', closedAt } })
  const options = { ...system, ladder: [50, 200], instance: 'test', reaction: charge.name, graceMs: 60_000 }
  expect(await reconcile({ ...options, graceMs: 7_200_000 })).toMatchObject([{ delivered: 0 }])
  expect(await reconcile({ ...options, dryRun: true })).toMatchObject([{ delivered: 0 }])
  expect(await reconcile(options)).toMatchObject([{ lost: 1, delivered: 1 }])
  await deadline('handled', () => handled.some(({ id }) => id === eventId))
  await deadline('resolved', () => system.db.deadLetter.findFirst({ where: { id: copyId, status: 'resolved' } }))
})

test('after a wipe every redriven message that is not in the event store is sent once more, and only once', async () => {
  const now = new Date()
  const silent = {
    reaction: 'test.silent',
    reason: 'invalid-json',
    errorName: 'UnreadableEvent',
    errorMessage: 'The body is not JSON',
    fingerprint: 'f',
    attempts: 1,
    firstFailedAt: now,
    failedAt: now,
    instance: 'test',
    exchange: '',
    routingKey: '',
    headers: {},
    body: new Uint8Array([63]),
    status: 'redriven',
    closedAt: now,
  }
  await system.db.deadLetter.createMany({ data: Array.from({ length: 45 }, () => ({ ...silent, id: uuidv7() })) })
  const topology = topologyOf(system.names, { name: silent.reaction, eventTypes: [] }, [50, 200])
  await system.broker.declare(topology)
  expect(await resendLost(system, silent.reaction, 0)).toBe(45)
  expect(await system.broker.depth(system.names.queue(silent.reaction))).toBe(45)
  expect(await resendLost(system, silent.reaction, 60_000)).toBe(0)
  await system.broker.destroy({ ...topology, exchanges: [], queues: topology.queues.slice(0, 2) })
})
