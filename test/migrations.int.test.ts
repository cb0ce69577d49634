import { requireTestService } from '#testing'
import { migrationDrift } from '../scripts/check/migration-drift.ts'

it('the migrations make exactly the schema', async () => {
  expect(await migrationDrift(requireTestService('TEST_DATABASE_URL'))).toBeUndefined()
}, 60_000)
