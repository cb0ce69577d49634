import { testDatabase } from '#testing'
import { plainMessage } from './plain-message.ts'

test('an error of the database says what PostgreSQL said, and its code', async () => {
  const { db, close } = await testDatabase()
  const failed = async (work: Promise<unknown>) => plainMessage((await work.catch((error: Error) => error)) as Error)
  expect(await failed(db.$queryRaw`SELECT 1 / 0`)).toBe('division by zero (22012)')
  expect(await failed(db.stream.create({ data: { stream: 'a', version: 'b' as never } }))).not.toMatch(/invocation/)
  expect(await failed(db.stream.findUniqueOrThrow({ where: { stream: 'none' } }))).toMatch(/^[^\n]*[Nn]o record[^\n]*$/)
  await close()
})

test('the other way in which Prisma puts it is taken off too', () => {
  const message = 'Database error. Code: `57P03`. Message: `the database system is starting up`'
  expect(plainMessage({ message })).toBe('the database system is starting up (57P03)')
})

test('other messages stay as they are', () => {
  expect(plainMessage(new Error('no answer:\n\nat all'))).toBe('no answer:\n\nat all')
})
