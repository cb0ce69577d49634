import { readConfig } from './config.ts'

const given = { DATABASE_URL: 'postgresql://a', RABBITMQ_URL: 'amqp://a', REDIS_URL: 'redis://a' }

it('refuses in production to kill itself for a test', () => {
  const crashing = { ...given, CRASH_AT: 'relay.after-confirm:3' }
  expect(readConfig(crashing).CRASH_AT).toBe('relay.after-confirm:3')
  const production = { ...crashing, NODE_ENV: 'production', PERSONAL_DATA_KEYS: 'ab'.repeat(32) }
  expect(() => readConfig(production)).toThrow(
    /^CRASH_AT makes the process kill itself, for tests; it is refused when NODE_ENV is production\./,
  )
})

describe('in production', () => {
  const safe = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgresql://api:kd8-w2@db1:5432,db2:5432/fanfare',
    RABBITMQ_URL: 'amqp://fanfare:kd8-w2@one:5672,amqp://fanfare:kd8-w2@two:5672',
    REDIS_URL: 'rediss://:kd8-w2@redis:6379',
    PERSONAL_DATA_KEYS: 'ab'.repeat(32),
  }

  it('starts with secrets of its own', () => {
    const { PERSONAL_DATA_KEYS: key, ...urls } = safe
    expect(readConfig(safe)).toMatchObject({ ...urls, PERSONAL_DATA_KEYS: [key] })
    expect(readConfig({ ...safe, DATABASE_URL: 'postgresql://api@db/fanfare?sslcert=/c&sslkey=/k' })).toBeDefined()
  })

  it.each([
    [
      { DATABASE_URL: 'postgresql://fanfare:fanfare@db:5432/fanfare' },
      'DATABASE_URL has a password that everybody knows',
    ],
    [{ DATABASE_URL: 'postgresql://db:5432/fanfare' }, 'DATABASE_URL has no password'],
    [{ RABBITMQ_URL: 'amqp://guest:guest@rabbitmq:5672' }, 'RABBITMQ_URL has a password that everybody knows'],
    [
      { RABBITMQ_URL: `${'amqp://fanfare:kd8-w2@one:5672'},amqp://guest:guest@two:5672` },
      'RABBITMQ_URL has a password that everybody knows',
    ],
    [{ REDIS_URL: 'redis://redis:6379' }, 'REDIS_URL has no password'],
  ])('refuses %j in one sentence', (wrong, why) => {
    expect(() => readConfig({ ...safe, ...wrong })).toThrow(
      `NODE_ENV is production, and ${why}: give that service a secret one.`,
    )
  })
})

it('refuses in production to seal names and addresses with the key that everybody knows, also as one of several', () => {
  const { PERSONAL_DATA_KEYS: known } = readConfig(given)
  const production = { ...given, NODE_ENV: 'production', DATABASE_URL: 'postgresql://a:b2k@db/a' }
  const urls = { RABBITMQ_URL: 'amqp://a:b2k@mq', REDIS_URL: 'redis://:b2k@redis' }
  for (const keys of [undefined, `${'ab'.repeat(32)},${known[0]}`])
    expect(() => readConfig({ ...production, ...urls, PERSONAL_DATA_KEYS: keys })).toThrow(/the key of development/)
  expect(() => readConfig({ ...given, PERSONAL_DATA_KEYS: 'secret' })).toThrow(/64 hexadecimal digits/)
})

it.each(['0,1', '10%', '1.5', '-1', ' '])('refuses the share %j of traces: all of them would be recorded', (share) => {
  const sampled = { ...given, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }
  expect(readConfig({ ...sampled, OTEL_TRACES_SAMPLER_ARG: '0.1' }).OTEL_TRACES_SAMPLER_ARG).toBe('0.1')
  expect(() => readConfig({ ...sampled, OTEL_TRACES_SAMPLER_ARG: share })).toThrow(
    'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1',
  )
})

it('listens on this machine alone, unless told otherwise', () => {
  expect(readConfig(given).HOST).toBe('127.0.0.1')
})
