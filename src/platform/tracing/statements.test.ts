import { describeStatement } from './statements.ts'

it.each([
  ['SELECT * FROM "public"."orders" WHERE id = $1', 'SELECT orders'],
  ['WITH a AS (INSERT INTO streams VALUES (1)) INSERT INTO events SELECT 1', 'INSERT events'],
  ['INSERT INTO stock VALUES (1) ON CONFLICT (sku) DO UPDATE SET free = 1', 'INSERT stock'],
  ['delete from deliveries', 'DELETE deliveries'],
  ['BEGIN', 'BEGIN'],
  ['', 'STATEMENT'],
])('%s is told as %s', (text, summary) => {
  expect(describeStatement(text).summary).toBe(summary)
})

it('tells the text on one line, and the first 500 characters of a long one', () => {
  const textOf = (text: string) => describeStatement(text).attributes['db.query.text']
  expect(textOf('\n  SELECT 1\n    FROM a\n')).toBe('SELECT 1 FROM a')
  expect(textOf(`SELECT ${'x'.repeat(600)}`)).toBe(`SELECT ${'x'.repeat(493)} ...`)
})

it('remembers what it has read, 500 texts at most', () => {
  const texts = Array.from({ length: 600 }, (_, n) => `SELECT ${n} FROM a`)
  const first = texts.map(describeStatement)
  const again = texts.map(describeStatement)
  expect(again).toEqual(first)
  expect(again.filter((one, n) => one === first[n]).length).toBeLessThanOrEqual(500)
  expect(again[0]).toBe(first[0])
})
