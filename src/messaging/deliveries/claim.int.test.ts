import { OrderPlaced } from '#events'
import { uuidv7 } from '#platform/uuid'
import { anOrderPlaced, record, testDatabase, type TestDatabase } from '#testing'
import { claimDue, giveBackClaims } from './claim.ts'
import { dueWithin } from './due.ts'

let database: TestDatabase
beforeAll(async () => (database = await testDatabase()))
afterAll(() => database.close())

const reaction = 'test.reserve'

async function due(eventId: string, more = {}) {
  const id = uuidv7()
  const row = { reaction, eventType: OrderPlaced.type, state: 'retrying', reason: 'newer-version', dueAt: new Date(0) }
  await database.db.delivery.create({ data: { ...row, id, eventId, ...more } })
  return id
}

test('a version that only a newer release knows is left to that release, edited or not', async () => {
  const { db } = database
  const [present, next] = [OrderPlaced.version, OrderPlaced.version + 1]
  const newer = { ...anOrderPlaced(), version: next }
  const [known, waiting, redriven] = await record(database, anOrderPlaced(), newer, { ...newer, stream: 'order-2' })
  const body = new Uint8Array(Buffer.from('{}'))
  const old = [await due(known!.id, { reason: 'failed' }), await due(uuidv7())] // the store does not have the second one
  const edited = { reason: 'redriven', editedAt: new Date(), body }
  const all = [...old, await due(waiting!.id), await due(redriven!.id, edited)]

  const claimedBy = async (version: number) => {
    const on = [{ type: OrderPlaced.type, version }]
    const soon = await dueWithin(db, [{ reaction, on }], 1_000)
    const claimant = { reaction, on, poisonAfter: 3, inHand: [], takesOver: true }
    const claims = await claimDue(db, claimant, `release ${version}`, 10)
    await giveBackClaims(db, `release ${version}`, claims)
    return { ids: claims.map(({ id }) => id).toSorted(), isDue: soon.has(reaction) }
  }
  expect(await claimedBy(present)).toEqual({ ids: old.toSorted(), isDue: true })
  expect(await claimedBy(next)).toEqual({ ids: all.toSorted(), isDue: true })
  await db.delivery.deleteMany({ where: { id: { in: old } } })
  expect(await claimedBy(present)).toEqual({ ids: [], isDue: false })
})
