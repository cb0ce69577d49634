import { toProblem } from './problem.ts'

const fromPostgres = (originalCode: string) =>
  Object.assign(new Error('Raw query failed'), {
    code: 'P2010',
    meta: { driverAdapterError: { cause: { originalCode } } },
  })

it.each([
  ['40P01', 503, 'too-busy'],
  ['40001', 503, 'too-busy'],
  ['25006', 503, 'database-unavailable'],
  ['22012', 500, 'internal-error'],
])('an error of PostgreSQL with SQLSTATE %s is told as %d %s', (state, status, code) => {
  const problem = toProblem(fromPostgres(state))
  expect(problem).toMatchObject({ status, code })
  expect('Retry-After' in problem.headers).toBe(status === 503)
})
