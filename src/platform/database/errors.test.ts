import { isDatabaseOutage } from './errors.ts'

const reported = (code: string) => Object.assign(new Error('as PostgreSQL says it'), { code })

it.each([
  '08006',
  '25006',
  '28P01',
  '3D000',
  '53100',
  '53200',
  '53300',
  '53400',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '58030',
])('takes %s for an outage', (state) => expect(isDatabaseOutage(reported(state))).toBe(true))

it('takes a wait for a connection that is not open in time for one, of this server or any', () => {
  for (const message of ['timeout exceeded when trying to connect', 'Connection terminated due to connection timeout'])
    expect(isDatabaseOutage(new Error(message))).toBe(true)
})

it.each(['22012', '23505', '25001', '40001', '42P01', '57014', 'P2028', 'XX000'])(
  'takes %s for a matter of the statement',
  (state) => expect(isDatabaseOutage(reported(state))).toBe(false),
)

it('looks behind the errors that others have wrapped around it', () => {
  expect(isDatabaseOutage(new Error('the batch failed', { cause: reported('53100') }))).toBe(true)
  expect(isDatabaseOutage(new AggregateError([new Error('one'), reported('57P03')], 'both'))).toBe(true)
})
