import { createLogger } from './logger.ts'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

function recording() {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
  return { log: createLogger('test', 'info', { write }), lines }
}

it('prints a warning once, and then how often it was repeated', () => {
  const { log, lines } = recording()
  for (let n = 0; n < 336; n++) log.warn({ reason: 'refused' }, 'RabbitMQ is away')
  expect(lines).toMatchObject([{ msg: 'RabbitMQ is away' }])
  jest.advanceTimersByTime(10_000)
  expect(lines[1]).toMatchObject({
    level: 40,
    reason: 'refused',
    repeated: 335,
    msg: 'RabbitMQ is away (repeated 335 times in 10 s)',
  })
  log.warn({ reason: 'refused' }, 'RabbitMQ is away')
  expect(lines).toHaveLength(3)
})

it('says nothing more of a warning that stays alone', () => {
  const { log, lines } = recording()
  log.warn('once')
  jest.advanceTimersByTime(60_000)
  expect(lines).toHaveLength(1)
})

it('tells apart what differs in a field or in the error', () => {
  const { log, lines } = recording()
  for (const name of ['one', 'two']) log.warn({ err: new Error(name) }, 'failed')
  for (const reaction of ['a.b', 'c.d']) log.warn({ reaction }, 'paused')
  log.warn({ err: new Error('one') }, 'failed')
  expect(lines).toHaveLength(4)
})

it('counts a reason in which only the numbers differ', () => {
  const { log, lines } = recording()
  for (let n = 0; n < 9; n++) log.warn({ reaction: 'a.b', reason: `${n} messages are not confirmed` }, 'interrupted')
  log.warn({ reaction: 'a.b', reason: 'the lease is lost' }, 'interrupted')
  expect(lines).toHaveLength(2)
})

it('prints every line of another level', () => {
  const { log, lines } = recording()
  for (let n = 0; n < 3; n++) log.info('done')
  for (let n = 0; n < 3; n++) log.error('broken')
  expect(lines).toHaveLength(6)
})

it('takes e-mail addresses out of every line, wherever they stand in it', () => {
  const lines: string[] = []
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) })
  log.info({ err: new Error('no ada@example.com'), at: { mail: 'Bob.B@mail.example' } }, 'to eve+x@example.org')
  expect(lines.join()).not.toMatch(/ada@|Bob.B|eve\+x/)
  expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'to (personal)', at: { mail: '(personal)' } })
})
