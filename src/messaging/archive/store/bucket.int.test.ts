import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import S3rver from '@20minutes/s3rver'
import { daysAgo, releases, storePast, sumsOfPast, testDatabase } from '#testing'
import { archiveBefore } from '../archive.ts'
import { exportEvents } from '../export-events.ts'
import { importEvents } from '../import-events.ts'
import { restoreArchive } from '../restore.ts'
import { storeAt } from './places.ts'

const later = releases()

/** An S3-compatible store over HTTP, with a bucket `old`; the AWS SDK is told of it as an operator does. */
async function startStore() {
  const directory = await mkdtemp(path.join(tmpdir(), 'fanfare-s3-'))
  later(() => rm(directory, { recursive: true }))
  const address = '127.0.0.1'
  const server = new S3rver({ port: 0, address, directory, silent: true, configureBuckets: [{ name: 'old' }] })
  const { port } = await server.run()
  later(() => server.close())
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://${address}:${port}`,
    AWS_REGION: 'eu-west-2',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'S3RVER',
  })
  return directory
}

async function pastDatabase() {
  const database = await testDatabase()
  later(database.close)
  return database
}

test('partitions go into a bucket, and come back as they were; so does an export', async () => {
  await startStore()
  const database = await pastDatabase()
  const { db } = database
  await storePast(database)
  const before = await sumsOfPast(database)
  const openAmong = async () => []
  const options = { db, instance: 'test', before: daysAgo(29), openAmong }
  const reports = await archiveBefore({ ...options, to: 's3://old/fanfare/' })
  expect(reports).toMatchObject([{ place: 's3://old/fanfare/first' }, { place: 's3://old/fanfare/old', events: 60 }])
  for (const { place } of reports) await restoreArchive({ db, instance: 'test', place: place! })
  expect(await sumsOfPast(database)).toEqual(before)
  const other = await pastDatabase()
  await exportEvents({ db, file: 's3://old/log.ndjson.gz' })
  expect(await importEvents({ db: other.db, instance: 'test', file: 's3://old/log.ndjson.gz' })).toMatchObject({
    events: 180,
  })
})

test('what is larger than one part is there as a whole, and what fails on its way not at all', async () => {
  await startStore()
  const store = storeAt('s3://old/deep/er')
  const bytes = Buffer.alloc(17 * 1024 * 1024, 'fanfare')
  await store.put('large', Readable.from([bytes.subarray(0, 9_999_999), bytes.subarray(9_999_999)]))
  expect((await buffer(await store.get('large'))).equals(bytes)).toBe(true)
  const failing = async function* () {
    yield bytes
    throw new Error('no more')
  }
  await expect(store.put('half', Readable.from(failing()))).rejects.toThrow('no more')
  await expect(store.get('half')).rejects.toThrow('does not exist')
  await store.remove('large')
  await expect(store.get('large')).rejects.toThrow('does not exist')
})

test('nothing is taken out of the database for a bucket that is not there, or not ours', async () => {
  await startStore()
  const database = await pastDatabase()
  await storePast(database)
  const archive = (to: string) =>
    archiveBefore({ db: database.db, instance: 'test', before: daysAgo(29), to, openAmong: async () => [] })
  await expect(archive('s3://nowhere')).rejects.toThrow('s3://nowhere cannot be written to: ')
  process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong'
  await expect(archive('s3://old')).rejects.toThrow(/s3:\/\/old cannot be written to: .*signature/)
  expect(await database.db.event.count()).toBe(180)
})
