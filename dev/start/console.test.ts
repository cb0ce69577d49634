import { Console } from './console.ts'

let lines: string[]
let terminal: Console
beforeEach(() => {
  jest.useFakeTimers()
  lines = []
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line).trimEnd()) > 0)
  terminal = new Console()
})
afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

const warn = (name: string, msg: string, more = {}) =>
  terminal.line(name, JSON.stringify({ level: 40, time: 'now', pid: 1, service: name, msg, ...more }), 'stdout')

it('shows what a warning knows: reaction, cause and figures', () => {
  warn('worker payment', 'paused', { reaction: 'payment.capture-payment', reason: 'ECONNREFUSED', attempt: 2 })
  jest.advanceTimersByTime(1_000)
  expect(lines).toEqual(['[worker payment] payment.capture-payment: paused (ECONNREFUSED; attempt 2)'])
})

it('shows times with their unit, and whose order it is', () => {
  warn('worker payment', 'an attempt failed', { conversation: '0192', nextTryInMs: 5_230 })
  jest.advanceTimersByTime(1_000)
  expect(lines).toEqual(['[worker payment] an attempt failed (order 0192; next try in 5.2 s)'])
})

it('shows what is well again, and leaves that to the line of the service where one of its own was away', () => {
  const recovers = (reaction: string) =>
    terminal.line('worker', JSON.stringify({ level: 30, msg: 'goes on', reaction, isRecovery: true }), 'stdout')
  recovers('payment.capture-payment')
  jest.advanceTimersByTime(1_000)
  expect(lines.splice(0)).toEqual(['[worker] payment.capture-payment: goes on'])
  terminal.serviceDown('PostgreSQL')
  terminal.serviceUp('PostgreSQL')
  recovers('order.advance-order')
  jest.advanceTimersByTime(10_000)
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['[PostgreSQL]', '[PostgreSQL]'])
})

it('names the command that helps with a dead letter, and says in plain words what the database said', () => {
  const message =
    '\nInvalid `tx.$queryRaw()` invocation:\n\n\nRaw query failed. Code: `22012`. Message: `division by zero`'
  const record = {
    reaction: 'gifts.add-gift',
    at: 'workers/gifts/add-gift.ts:7',
    help: 'dead-letters show gifts.add-gift',
  }
  terminal.line('worker', JSON.stringify({ level: 50, msg: 'given up', err: { message }, ...record }), 'stdout')
  expect(lines).toEqual([
    '[worker] gifts.add-gift: given up (division by zero (22012); at workers/gifts/add-gift.ts:7)' +
      ' → npm run dead-letters -- show gifts.add-gift',
  ])
})

it('leaves out what is no warning', () => {
  terminal.line('api', JSON.stringify({ level: 30, msg: 'listening' }), 'stdout')
  terminal.line('api', 'plain', 'stdout')
  jest.advanceTimersByTime(1_000)
  expect(lines).toEqual([])
})

it('makes one line with a count of what repeats, whoever says it', () => {
  for (let i = 0; i < 30; i++) {
    warn(`worker ${i % 3}`, `channel '${i}' lost, attempt ${i}`)
    jest.advanceTimersByTime(100)
  }
  jest.advanceTimersByTime(4_000)
  expect(lines).toEqual([
    "[worker 0] channel '0' lost, attempt 0",
    "[3 processes] 29 more in 5 s, the latest 2.1 s ago: channel '29' lost, attempt 29",
  ])
})

it('adds up what a process has counted itself, and folds lines of different traces', () => {
  warn('worker 1', 'could not be read', { trace_id: 'cb6905c1c2051a28', span_id: 'e833d2e7b3e8', trace_flags: '01' })
  jest.advanceTimersByTime(1_000)
  warn('worker 2', 'could not be read', { trace_id: '25504dc140bf6216', span_id: '427438d91ebb', trace_flags: '00' })
  warn('worker 1', 'could not be read (repeated 3 times in 10 s)', { repeated: 3 })
  jest.advanceTimersByTime(5_000)
  expect(lines).toEqual([
    '[worker 1] could not be read',
    '[2 processes] 4 more in 5 s, the latest 4.0 s ago: could not be read',
  ])
})

it('says of a request what was asked and answered', () => {
  const req = { id: 'a', method: 'POST', url: '/v1/orders' }
  warn('api', 'request answered', { req, res: { statusCode: 503 }, responseTime: 1_514 })
  jest.advanceTimersByTime(1_000)
  expect(lines).toEqual(['[api] request answered (POST /v1/orders: 503; after 1.5 s)'])
})

it('tells an outage of a service of its own in three lines, whatever follows from it', () => {
  for (let i = 0; i < 50; i++) warn(`worker ${i % 5}`, `line ${'x'.repeat(i)} lost`) // noticed by its clients first
  jest.advanceTimersByTime(200)
  terminal.serviceDown('RabbitMQ')
  for (let i = 0; i < 50; i++) warn(`worker ${i % 5}`, `line ${'y'.repeat(i)} lost`)
  jest.advanceTimersByTime(3_000)
  terminal.serviceUp('RabbitMQ')
  warn('relay', 'found late')
  jest.advanceTimersByTime(10_000)
  expect(lines).toEqual([
    '[RabbitMQ] has ended; it is started again',
    '[RabbitMQ] answers again after 3.0 s',
    '[RabbitMQ] 101 warnings of 6 processes meanwhile, in .fanfare/logs',
  ])
  warn('relay', 'line lost (repeated 2 times in 10 s)', { repeated: 2 }) // from before
  warn('relay', 'another thing')
  jest.advanceTimersByTime(1_000)
  expect(lines.at(-1)).toBe('[relay] another thing')
})

it('tells an outage of the sandbox gateway in three lines, whatever the reactions say of it', () => {
  const paused = { reaction: 'payment.capture-payment', reason: 'ECONNREFUSED' }
  warn('worker payment', 'paused', paused) // before its end is known
  terminal.ended({ name: 'gateway', code: null, signal: 'SIGKILL', againInMs: 500, wasReady: true, lastWords: '' })
  warn('worker payment', 'paused', { ...paused, reaction: 'payment.authorize-payment' })
  jest.advanceTimersByTime(1_000)
  terminal.worksAgain('gateway', 1_000)
  terminal.line('worker payment', JSON.stringify({ level: 30, msg: 'goes on', isRecovery: true }), 'stdout')
  jest.advanceTimersByTime(10_000)
  expect(lines).toEqual([
    '[gateway] was killed by signal 9 (SIGKILL); it is started again in 0.5 s',
    '[gateway] works again after 1.0 s',
    '[gateway] 2 warnings of worker payment meanwhile, in .fanfare/logs',
  ])
})

it('tells how a process ended, and when it works again', () => {
  terminal.ended({
    name: 'worker payment',
    code: null,
    signal: 'SIGKILL',
    againInMs: 500,
    wasReady: true,
    lastWords: '',
  })
  terminal.worksAgain('worker payment', 2_345)
  terminal.ended({ name: 'relay', code: 1, signal: null, againInMs: 1_000, wasReady: true, lastWords: '' })
  terminal.serviceDown('PostgreSQL', 'was killed by signal 9 (SIGKILL)')
  expect(lines).toEqual([
    '[worker payment] was killed by signal 9 (SIGKILL); it is started again in 0.5 s',
    '[worker payment] works again after 2.3 s',
    '[relay] ended by itself with code 1; it is started again in 1 s',
    '[PostgreSQL] was killed by signal 9 (SIGKILL); it is started again',
  ])
})

it('counts the warnings of one process as such', () => {
  terminal.serviceDown('Redis')
  warn('scheduler', 'line lost')
  jest.advanceTimersByTime(1_000)
  terminal.serviceUp('Redis')
  jest.advanceTimersByTime(10_000)
  expect(lines.at(-1)).toBe('[Redis] one warning of scheduler meanwhile, in .fanfare/logs')
})

it('shows errors also during an outage', () => {
  terminal.serviceDown('Redis')
  terminal.line('scheduler', JSON.stringify({ level: 50, msg: 'job failed', err: { message: 'why' } }), 'stdout')
  expect(lines.at(-1)).toBe('[scheduler] job failed (why)')
})

it('leaves out that a service is away which has just been started, and nothing else', () => {
  terminal.serviceStarts('RabbitMQ')
  warn('relay', "connection 'relay' to RabbitMQ could not be opened, trying again")
  warn('worker payment', 'DATABASE_POOL is too small')
  terminal.serviceStarted('RabbitMQ')
  jest.advanceTimersByTime(10_000)
  warn('relay', "connection 'relay' to RabbitMQ could not be opened (repeated 3 times in 10 s)", { repeated: 3 })
  warn('relay', "connection 'relay' to RabbitMQ lost, opening it again")
  jest.advanceTimersByTime(1_000)
  expect(lines).toEqual([
    '[worker payment] DATABASE_POOL is too small',
    "[relay] connection 'relay' to RabbitMQ lost, opening it again",
  ])
})
