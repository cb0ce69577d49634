import { clientFor } from '#platform/database'
import { requireTestService } from '#testing'
import { clockGap } from './clock-gap.ts'

it.each([
  [0, undefined],
  [-1_000, undefined],
  [31_000, /is 31 s ahead of that of PostgreSQL/],
  [-3_600_000, /is 3600 s behind that of PostgreSQL/],
])('a clock that is wrong by %i ms: %s', async (wrong, sentence) => {
  const Client = clientFor(
    Object.assign(new URL(requireTestService('TEST_DATABASE_URL')), { pathname: '/postgres' }).href,
  )
  const client = new Client()
  await client.connect()
  const gap = await clockGap(client, () => Date.now() + wrong)
  await client.end()
  if (sentence) expect(gap).toMatch(sentence)
  else expect(gap).toBeUndefined()
})
