import { createStatementNames } from './prepared-statements.ts'

it('names a statement when it comes again, and always the same way', () => {
  const nameOf = createStatementNames()
  const [a, b] = [
    { sql: 'SELECT $1', args: [1] },
    { sql: 'SELECT $1 + 1', args: [1] },
  ]
  expect([a, a, b, a, b].map(nameOf)).toEqual([undefined, 'fanfare_1', undefined, 'fanfare_1', 'fanfare_2'])
})

it('leaves statements without values alone', () => {
  const nameOf = createStatementNames()
  expect([1, 2, 3].map(() => nameOf({ sql: 'BEGIN', args: [] }))).toEqual([undefined, undefined, undefined])
})

it('remembers no more than 500, however many there are', () => {
  const nameOf = createStatementNames()
  const statements = Array.from({ length: 600 }, (_, n) => ({ sql: `SELECT $1 + ${n}`, args: [1] }))
  statements.forEach(nameOf)
  const named = statements.map(nameOf)
  expect(named.filter((name) => name !== undefined)).toHaveLength(500)
  expect(new Set(named).size).toBe(501)
})
