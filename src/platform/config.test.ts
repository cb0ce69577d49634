import { readConfig } from './config.ts'

const given = { DATABASE_URL: 'postgresql://a', RABBITMQ_URL: 'amqp://a', REDIS_URL: 'redis://a' }

it('refuses in production to kill itself for a test', () => {
  const crashing = { ...given, CRASH_AT: 'relay.after-confirm:3' }
  expect(readConfig(crashing).CRASH_AT).toBe('relay.after-confirm:3')
  expect(() => readConfig({ ...crashing, NODE_ENV: 'production' })).toThrow(
    /^CRASH_AT makes the process kill itself, for tests; it is refused when NODE_ENV is production\./,
  )
})
