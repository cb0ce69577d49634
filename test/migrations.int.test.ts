import { requireTestService } from '#testing'
import { migrationDrift } from '../dev/check/migration-drift.ts'

it('the migrations make exactly the schema', async () => {
  expect(await migrationDrift(requireTestService('TEST_DATABASE_URL'))).toBeUndefined()
})
