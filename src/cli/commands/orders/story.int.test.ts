import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../../../testing/api.ts'
import { fanfare } from '../../fanfare.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-story-'))
let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
})
afterAll(async () => {
  await api.close()
  await database.close()
  rmSync(folder, { recursive: true })
})

/** The exit code, and what was said. */
async function run(...args: string[]) {
  let said = ''
  const note = (text: string | Uint8Array) => Boolean((said += String(text)))
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(note))
  const code = await fanfare(['story', ...args], { env: { DATABASE_URL: database.url } })
  for (const spy of spies) spy.mockRestore()
  return { code, said }
}

const place = async () => (await api.place(anOrder())).body as { id: string; number: string }
const placed = async () => (await place()).id

it('draws the story of an order into a file, or to standard output', async () => {
  const id = await placed()
  const file = path.join(folder, 'story.svg')
  expect(await run(id, '--svg', file)).toEqual({ code: 0, said: `Drawn into ${file}.\n` })
  const picture = readFileSync(file, 'utf8')
  expect(picture).toMatch(/^<svg .*order\.placed.*<\/svg>\n$/s)
  expect(await run(id, '--svg', '-')).toEqual({ code: 0, said: picture })
})

it('says in a sentence when there is no such order, or no such folder', async () => {
  const unknown = '01a1fe51-0000-7000-8000-000000000000'
  expect(await run(unknown)).toEqual({ code: 2, said: `There is no order ${unknown} in this database.\n` })
  expect(await run(await placed(), '--svg', path.join(folder, 'nowhere/x.svg'))).toMatchObject({
    code: 2,
    said: expect.stringMatching(/^The picture cannot be written to .*nowhere/),
  })
})

it('takes the number of an order too, and asks for the id where clients share a number', async () => {
  const { id, number } = await place()
  const ofId = await run(id)
  expect(ofId).toMatchObject({ code: 0, said: expect.stringContaining('order.placed') })
  expect(await run(number)).toEqual(ofId)
  expect(await run(number.toLowerCase())).toEqual(ofId)
  const other = await place()
  const ofAnother = { number, clientId: '01a1fe51-0000-7000-8000-00000000000c' }
  await database.db.order.update({ where: { id: other.id }, data: ofAnother })
  const { code, said } = await run(number)
  expect(code).toBe(2)
  expect(said).toMatch(new RegExp(`^Several clients have an order ${number}.*\\n  ${other.id} .*\\n  ${id} `))
  expect(await run('FF-1')).toMatchObject({ code: 2, said: expect.stringMatching(/^There is no order FF-1 in this/) })
})
