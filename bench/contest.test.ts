import { hold, rounded, type Contest, type Side } from './contest.ts'

const side = (values: readonly number[], log: string[], name: string): Side => {
  let turn = 0
  return { title: name, run: async () => (log.push(name), { rate: values[turn++]! }) }
}

const contest = (sides: Contest['sides'], better: 'higher' | 'lower'): Contest => ({
  name: 'test',
  title: 'Test',
  method: '',
  settings: {},
  sides,
  comparisons: [{ title: 'it', ours: 'ours', limit: 'limit', value: 'rate', unit: '/s', better }],
})

const schedule = { rounds: 3, seconds: 1, settle: async () => {}, say: () => {} }

it('lets the sides take turns and compares neighbours', async () => {
  const log: string[] = []
  const sides = { limit: side([100, 200, 400], log, 'limit'), ours: side([50, 120, 160], log, 'ours') }
  const { figures } = await hold(contest(sides, 'higher'), schedule)
  expect(log).toEqual(['limit', 'ours', 'limit', 'ours', 'limit', 'ours'])
  expect(figures).toMatchObject([{ ratios: [0.5, 0.6, 0.4], ratioSpread: { median: 0.5, min: 0.4, max: 0.6 } }])
})

it('turns the ratio round where less is better', async () => {
  const sides = { limit: side([10, 10, 10], [], 'limit'), ours: side([20, 40, 20], [], 'ours') }
  const { figures } = await hold(contest(sides, 'lower'), schedule)
  expect(figures[0]!.ratioSpread.median).toBe(0.5)
})

it('shows three digits that count', () => {
  expect([12_345.6, 99.44, 0.012345, Number.NaN].map(rounded)).toEqual(['12,346', '99.4', '0.0123', '–'])
})
