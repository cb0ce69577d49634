import { together } from './together.ts'

/** Work under the test's control: it lasts until `finish` or `fail` is called. */
function controlled() {
  const begun: { items: readonly number[]; finish: () => void; fail: (error: Error) => void }[] = []
  const work = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      begun.push({ items, finish: () => resolve(items.map((item) => item * 10)), fail: reject })
    })
  const isBegun = async (times: number) => {
    while (begun.length < times) await turn()
  }
  return { begun, isBegun, ask: together(work) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('serves those who come in the same turn together, each with its own answer', async () => {
  const { begun, isBegun, ask } = controlled()
  const answers = [1, 2, 3].map(ask)
  await isBegun(1)
  begun[0]!.finish()
  expect(await Promise.all(answers)).toEqual([10, 20, 30])
  expect(begun.map(({ items }) => items)).toEqual([[1, 2, 3]])
})

it('gathers those who come while others are served', async () => {
  const { begun, isBegun, ask } = controlled()
  const first = ask(1)
  await isBegun(1)
  const second = ask(2)
  await turn()
  const third = ask(3)
  await turn()
  expect(begun).toHaveLength(1)
  begun[0]!.finish()
  await first
  await isBegun(2)
  begun[1]!.finish()
  expect(await Promise.all([second, third])).toEqual([20, 30])
  expect(begun.map(({ items }) => items)).toEqual([[1], [2, 3]])
})

it('lets a bad item cost only itself', async () => {
  const asked: (readonly number[])[] = []
  const ask = together(async (items: readonly number[]) => {
    asked.push(items)
    if (items.includes(2)) throw new Error('bad')
    return items
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(ask))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(asked).toEqual([[1, 2, 3], [1], [2], [3]])
  expect(await ask(4)).toBe(4)
})

it('does not wait for ever for work that hangs', async () => {
  const { begun, isBegun, ask } = controlled()
  const hanging = ask(1)
  await isBegun(1)
  const next = ask(2)
  await isBegun(2)
  begun[1]!.finish()
  expect(await next).toBe(20)
  begun[0]!.finish()
  expect(await hanging).toBe(10)
})
