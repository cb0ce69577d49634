import { createMicroBatch } from './micro-batch.ts'

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
  const batch = createMicroBatch({ run: work, isOutage: never, patienceMs: 100 })
  return { begun, isBegun, batch, ask: batch.submit }
}

const never = () => false
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
  const run = async (items: readonly number[]) => {
    asked.push(items)
    if (items.includes(2)) throw new Error('bad')
    return items
  }
  const ask = createMicroBatch({ run, isOutage: never }).submit
  const outcomes = await Promise.allSettled([1, 2, 3].map(ask))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(asked).toEqual([[1, 2, 3], [1], [2], [3]])
  expect(await ask(4)).toBe(4)
})

it('tells all of an outage, and tries none alone', async () => {
  let runs = 0
  const run = async (): Promise<number[]> => {
    runs++
    throw new Error('away')
  }
  const ask = createMicroBatch({ run, isOutage: () => true }).submit
  const outcomes = await Promise.allSettled([1, 2].map(ask))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(runs).toBe(1)
})

it('gathers for as long as it is told to', async () => {
  const sizes: number[] = []
  const run = async (items: readonly number[]) => (sizes.push(items.length), items)
  const ask = createMicroBatch({ run, isOutage: never, soon: setImmediate }).submit
  const first = ask(1)
  await Promise.resolve()
  await Promise.all([first, ask(2)])
  expect(sizes).toEqual([2])
})

it('gives back what is not begun, and never answers it', async () => {
  const { begun, isBegun, batch, ask } = controlled()
  const first = ask(1)
  await isBegun(1)
  void ask(2)
  const third = ask(3)
  expect([batch.withdraw(1), batch.withdraw(2)]).toEqual([false, true])
  begun[0]!.finish()
  await isBegun(2)
  begun[1]!.finish()
  expect(await Promise.all([first, third])).toEqual([10, 30])
  expect(begun.map(({ items }) => items)).toEqual([[1], [3]])
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

it('does not try alone what was given up while its run was under way', async () => {
  const { begun, isBegun, batch, ask } = controlled()
  const first = ask(1)
  void ask(2)
  const third = ask(3)
  await isBegun(1)
  expect(batch.withdraw(2)).toBe(false)
  begun[0]!.fail(new Error('bad'))
  await isBegun(2)
  begun[1]!.finish()
  await isBegun(3)
  begun[2]!.finish()
  expect(await Promise.all([first, third])).toEqual([10, 30])
  expect(begun.map(({ items }) => items)).toEqual([[1, 2, 3], [1], [3]])
})
