import { readConfig } from '#platform/config'
import { checkDatabase } from '#platform/database/start-check'
import { requireTestService, testDatabase } from '#testing'

const settings = (DATABASE_URL: string, DATABASE_DIRECT_URL: string) =>
  readConfig({ DATABASE_URL, DATABASE_DIRECT_URL, RABBITMQ_URL: 'amqp://unused', REDIS_URL: 'redis://unused' })

it('refuses a DATABASE_DIRECT_URL that leads to another database than DATABASE_URL', async () => {
  const database = await testDatabase()
  const other = Object.assign(new URL(requireTestService('TEST_DATABASE_URL')), { pathname: '/postgres' }).href
  try {
    await expect(checkDatabase(settings(database.url, database.url))).resolves.toEqual([])
    await expect(checkDatabase(settings(database.url, other))).rejects.toThrow(
      /^DATABASE_DIRECT_URL leads to the database postgres .*, DATABASE_URL to \S+ .*: set both to the same one\.$/,
    )
  } finally {
    await database.close()
  }
})
