import { OrderPlaced } from '#events'
import {
  commitEdit,
  defineReaction,
  describeDelivery,
  draftEdit,
  planEdit,
  readStory,
  redrive,
  Refused,
  UnreadableEvent,
  Unrecoverable,
  withValue,
  type DeadLetterContext,
} from '#messaging'
import { anOrderPlaced, deadline, record, testSystem, type TestSystem, named } from '#testing'

let system: TestSystem
let context: DeadLetterContext
const handled: { id: string; name: string }[] = []
const keys: string[] = []

const charge = defineReaction({
  name: 'test.charge',
  on: OrderPlaced,
  retry: { attempts: 1 },
  call: async (_, { idempotencyKey }) => void keys.push(idempotencyKey),
  handle({ id, data }) {
    if (data.customer.name !== 'good') throw new Unrecoverable('no such name')
    handled.push({ id, name: data.customer.name })
  },
})

beforeEach(async () => {
  handled.length = 0
  keys.length = 0
  system = await testSystem([charge])
  context = { db: system.db, operator: 'ada' }
})
afterEach(() => system.close())

async function deadOrder() {
  const [event] = await record(system, anOrderPlaced({ customer: named('wrong') }))
  await system.settled()
  return { event: event!, letter: await system.db.delivery.findFirstOrThrow({ where: { eventId: event!.id } }) }
}

async function withName(id: string, name: unknown) {
  const draft = await draftEdit(context, charge, id)
  return planEdit(draft, JSON.stringify(withValue(JSON.parse(draft.text), '/customer/name', name)), charge)
}

test('the edited data are handled, under the same event and the same idempotency key', async () => {
  const { event, letter } = await deadOrder()
  const edit = await withName(letter.id, 'good')
  expect(edit.changes).toEqual([{ pointer: '/customer/name', before: '-', after: 'good' }])
  await commitEdit(context, edit, 'a typing mistake')
  expect(await redrive(context, charge.name, { ids: [letter.id] })).toMatchObject({ outcome: 'done', handled: 1 })
  expect(handled).toEqual([{ id: event.id, name: 'good' }])
  expect(new Set(keys)).toEqual(new Set([`${charge.name}:${event.id}`]))
  expect(await describeDelivery(system.db, charge.name, { id: event.id, personal: true })).toMatchObject({
    id: letter.id,
    state: 'resolved',
    standing: { kind: 'handled', attempt: 1 },
    json: { id: event.id, data: { customer: { name: 'good' } } },
    history: [{ what: 'dead' }, { what: 'edited', by: 'operator ada' }, { what: 'redriven' }],
  })
  expect(await readStory(system.db, event.correlationId)).toMatchObject([
    { data: { customer: { name: '-' } }, reactions: [{ state: 'handled' }] },
  ])
  expect(await system.db.operatorAction.findFirst({ where: { action: 'edit', phase: 'finished' } })).toMatchObject({
    reason: 'a typing mistake',
    result: { changed: ['/customer/name'] },
  })
})

test('names and addresses are seen by those alone who ask for them, and stay sealed whatever is edited', async () => {
  const { letter } = await deadOrder()
  const seen = async (personal: boolean) => [
    (await draftEdit(context, charge, letter.id, { personal })).text,
    (await describeDelivery(system.db, charge.name, { id: letter.id, personal })).body,
  ]
  for (const text of await seen(true)) expect(text).toContain('12 St James Square')
  for (const text of await seen(false)) expect(text).not.toMatch(/St James|wrong|sealed/)
  const draft = await draftEdit(context, charge, letter.id)
  const fewer = withValue(JSON.parse(draft.text), '/total/amount', 7)
  await commitEdit(context, planEdit(draft, JSON.stringify(fewer), charge))
  const { body } = await system.db.delivery.findFirstOrThrow()
  expect(Buffer.from(body!).toString()).not.toMatch(/St James|"wrong"|ada@/)
  expect(JSON.parse((await seen(true))[0]!)).toMatchObject({ customer: { name: 'wrong' }, total: { amount: 7 } })
})

test('an edit that fails again can be edited further', async () => {
  const { letter } = await deadOrder()
  await commitEdit(context, await withName(letter.id, 'still wrong'))
  expect(await redrive(context, charge.name, { all: true })).toMatchObject({ sent: 1, deadAgain: 1 })
  const edit = await withName(letter.id, 'good')
  expect(edit.changes).toEqual([{ pointer: '/customer/name', before: '-', after: 'good' }])
  await commitEdit(context, edit)
  expect(await redrive(context, charge.name, { all: true })).toMatchObject({ handled: 1 })
})

test('what does not fit the schema, is no JSON or changes nothing is not kept', async () => {
  const { letter } = await deadOrder()
  await expect(withName(letter.id, 7)).rejects.toThrow(UnreadableEvent)
  await expect(withName(letter.id, 7)).rejects.toThrow(/\/customer\/name/)
  await expect(withName(letter.id, 'wrong')).rejects.toThrow(/Nothing is different/)
  const draft = await draftEdit(context, charge, letter.id)
  expect(() => planEdit(draft, '{', charge)).toThrow(/This is not JSON/)
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'dead', body: null, editedAt: null }])
})

test('of several who edit it at the same time, one succeeds', async () => {
  const { letter } = await deadOrder()
  const edits = await Promise.all(['one', 'two', 'good'].map((name) => withName(letter.id, name)))
  const results = await Promise.allSettled(edits.map((edit) => commitEdit(context, edit)))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Refused)
})

test('an event that was handled meanwhile is not edited', async () => {
  const { event, letter } = await deadOrder()
  await system.stopReactions() // a second copy of the message would resolve it
  const edit = await withName(letter.id, 'good')
  await system.db.handledEvent.create({
    data: { eventId: event.id, reaction: charge.name, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'x' },
  })
  await expect(commitEdit(context, edit)).rejects.toThrow(/handled, or closed meanwhile/)
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'dead', editedAt: null }])
})

test('a message whose event the store does not have is neither edited nor redriven, and can be discarded', async () => {
  const queue = system.names.queue(charge.name)
  await system.broker.publish([{ exchange: '', routingKey: queue, messageId: 'by-hand', body: Buffer.from('{"oops"') }])
  const letter = await deadline('a dead letter', () => system.db.delivery.findFirst())
  await expect(draftEdit(context, charge, letter.id)).rejects.toThrow(/does not have the event .* only discard it/)
  expect(await redrive(context, charge.name, { all: true })).toMatchObject({ total: 1, sent: 0, skipped: 1 })
  expect(await describeDelivery(system.db, charge.name)).toMatchObject({
    state: 'dead',
    body: '{"oops"',
    standing: { kind: 'not in store' },
    history: [{ what: 'dead' }],
  })
})

test('an ordered reaction reads the event store, so its dead letters are not edited', async () => {
  const { letter } = await deadOrder()
  await expect(draftEdit(context, { ...charge, ordered: true }, letter.id)).rejects.toThrow(/is ordered/)
})
