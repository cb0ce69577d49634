import { project, projectionReader, testDatabase, type TestDatabase } from '#testing'
import sales from '../../../workers/analytics/sales.ts'
import { testApi, type TestApi } from '../../testing/api.ts'
import { analyticsRoutes } from './routes.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  await project(database, sales)
  api = await testApi(database, analyticsRoutes({ projections: projectionReader(database) }))
})
afterAll(async () => {
  await api.close()
  await database.close()
})

it.each([
  'to=0001-01-05',
  'to=0000-01-01',
  'from=0000-12-31&to=0001-01-01',
  'from=1969-12-31&to=1970-01-02',
  'to=20260101',
])('refuses a day that no calendar of ours has: %s', async (query) => {
  const { status, body } = await api.get(`/v1/analytics/daily?${query}`)
  expect([status, body.code]).toEqual([422, 'validation-failed'])
})

it.each(['', 'to=1970-01-01', 'from=9999-12-01&to=9999-12-31', 'to=2024-02-29'])('answers for %j', async (query) => {
  expect((await api.get(`/v1/analytics/daily?${query}`)).status).toBe(200)
})
