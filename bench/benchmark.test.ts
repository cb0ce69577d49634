import { rounded, runRounds, type Figure, type Ratio, type Side } from './benchmark.ts'

const side = (name: string, values: readonly number[], log: string[] = []) => {
  let turn = 0
  const run = async () => (log.push(name), { rate: values[turn++]! })
  return async (): Promise<Side> => ({ title: name, run })
}
const ratio: Ratio = { title: 'it', ours: 'ours', baseline: 'baseline', value: 'rate', unit: '/s' }
const schedule = { rounds: 3, seconds: 1, settle: async () => {}, reset: async () => {}, say: () => {} }

it('lets the sides take turns and compares neighbours', async () => {
  const log: string[] = []
  const sides = { baseline: side('baseline', [100, 200, 400], log), ours: side('ours', [50, 120, 160], log) }
  const figures = await runRounds({ sides }, [ratio], schedule)
  expect(log).toEqual(['baseline', 'ours', 'baseline', 'ours', 'baseline', 'ours'])
  expect(figures).toMatchObject([{ rounds: [0.5, 0.6, 0.4], oursSpread: { median: 120 } }])
})

it('ends with the round after which nothing more is to be known', async () => {
  const log: string[] = []
  const sides = { baseline: side('baseline', [100, 100, 100], log), ours: side('ours', [50, 70, 60], log) }
  const enough = ([figure]: readonly Figure[]) => Math.max(...figure!.rounds) >= 0.7
  const figures = await runRounds({ sides }, [ratio], { ...schedule, enough })
  expect(log).toEqual(['baseline', 'ours', 'baseline', 'ours'])
  expect(figures).toMatchObject([{ rounds: [0.5, 0.7] }])
})

it('turns the ratio round where less is better', async () => {
  const sides = { baseline: side('baseline', [10, 10, 10]), ours: side('ours', [20, 40, 20]) }
  const [figure] = await runRounds({ sides }, [{ ...ratio, better: 'lower' }], schedule)
  expect(figure!.rounds).toEqual([0.5, 0.25, 0.5])
})

it('lets both sides of each ratio run at the same time, set up anew', async () => {
  const log: string[] = []
  const meeting = (name: string, rate: number) => async (): Promise<Side> => {
    log.push(`${name} is set up`)
    const run = async () => {
      log.push(`${name} begins`)
      await Promise.resolve()
      return (log.push(`${name} ends`), { rate })
    }
    return { title: name, run }
  }
  const sides = { baseline: meeting('baseline', 10), ours: meeting('ours', 5), others: meeting('others', 8) }
  const reset = async () => void log.push('reset')
  const ratios = [ratio, { ...ratio, ours: 'others' }]
  const figures = await runRounds({ sides, atOnce: true }, ratios, { ...schedule, reset, rounds: 1 })
  expect(figures.map(({ rounds }) => rounds)).toEqual([[0.5], [0.8]])
  const setUp = (name: string) => ['baseline is set up', `${name} is set up`]
  const run = (name: string) => ['baseline begins', `${name} begins`, 'baseline ends', `${name} ends`, 'reset']
  const wanted = ['ours', 'others'].flatMap((name) => [...setUp(name), ...run(name)])
  expect(log).toEqual(wanted)
})

it('sets up only the sides that are compared', async () => {
  const unwanted = () => Promise.reject(new Error('nobody has asked for it'))
  const sides = { baseline: side('baseline', [1, 1, 1]), ours: side('ours', [1, 1, 1]), unwanted }
  await expect(runRounds({ sides }, [ratio], schedule)).resolves.toHaveLength(1)
})

it('shows three digits that count', () => {
  expect([12_345.6, 99.44, 0.012345, Number.NaN].map(rounded)).toEqual(['12,346', '99.4', '0.0123', '–'])
})
