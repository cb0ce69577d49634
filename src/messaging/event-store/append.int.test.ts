import { anOrderPlaced, record, testDatabase } from '#testing'

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'] as const

test('the time of an event is by the clock of the database, however wrong that of the process is', async () => {
  const database = await testDatabase()
  const right = Date.now()
  jest.useFakeTimers({
    now: right + 3_600_000,
    doNotFake: [...TIMERS, 'nextTick', 'queueMicrotask', 'performance', 'hrtime'],
  })
  const [event] = await record(database, anOrderPlaced()).finally(() => jest.useRealTimers())
  expect(Math.abs(event!.time.getTime() - right)).toBeLessThan(60_000)
  const stored = await database.db.event.findUniqueOrThrow({ where: { id: event!.id } })
  expect(stored.occurredAt).toEqual(event!.time)
  await database.close()
})
