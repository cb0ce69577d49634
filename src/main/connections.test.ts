import { findReactions, loadReactions } from '#messaging'
import { readConfig } from '#platform/config'
import { connectionsMissing } from './connections.ts'

it('names how many connections are missing, and the two ways out', () => {
  const reactions = [{ concurrency: 4 }, { concurrency: 4 }, { concurrency: 1 }]
  expect(connectionsMissing(reactions, 11)).toBeUndefined()
  expect(connectionsMissing(reactions, 10)).toMatch(
    /^These 3 reactions and projections can use 11 connections at once and have 10, .* set DATABASE_POOL=11, or run fewer of them/,
  )
})

it('finds enough for each folder of workers, with the default', async () => {
  const urls = { DATABASE_URL: 'postgresql://host/fanfare', RABBITMQ_URL: 'amqp://host', REDIS_URL: 'redis://host' }
  const pool = readConfig(urls).DATABASE_POOL
  const reactions = await loadReactions(findReactions('workers'))
  const folderOf = ({ name }: { name: string }) => name.split('.')[0]!
  for (const folder of new Set(reactions.map(folderOf))) {
    const members = reactions.filter((reaction) => folderOf(reaction) === folder)
    expect([folder, connectionsMissing(members, pool)]).toEqual([folder, undefined])
  }
})
