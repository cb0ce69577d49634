import { createGroupCommit } from './group-commit.ts'

/** A commit under the test's control: it waits until `finish` or `fail` is called. */
function controlled() {
  const batches: { items: readonly number[]; finish: () => void; fail: (error: Error) => void }[] = []
  const commit = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      batches.push({ items, finish: () => resolve(items.map((item) => item * 10)), fail: reject })
    })
  return { batches, commit }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const never = () => false

describe('group commit', () => {
  it('writes together what arrives while a commit is under way', async () => {
    const { batches, commit } = controlled()
    const group = createGroupCommit({ commit, isOutage: never })
    const first = group.submit(1)
    await turn()
    const rest = [group.submit(2), group.submit(3)]
    batches[0]!.finish()
    expect(await first).toBe(10)
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]])
    batches[1]!.finish()
    expect(await Promise.all(rest)).toEqual([20, 30])
  })

  it('begins a second commit, and no third, when as many wait as are under way', async () => {
    const { batches, commit } = controlled()
    const group = createGroupCommit({ commit, isOutage: never })
    const all = [1, 2].map(group.submit)
    await turn()
    all.push(group.submit(3))
    await turn()
    expect(batches).toHaveLength(1)
    all.push(group.submit(4))
    await turn()
    all.push(...[5, 6, 7, 8].map(group.submit))
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ])
    batches[1]!.finish()
    await turn()
    expect(batches.at(-1)!.items).toEqual([5, 6, 7, 8])
    for (const { finish } of batches) finish()
    expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50, 60, 70, 80])
  })

  it('bounds a batch', async () => {
    const sizes: number[] = []
    const commit = async (items: readonly number[]) => (sizes.push(items.length), items)
    const group = createGroupCommit({ commit, isOutage: never, maxBatch: 4 })
    await Promise.all(Array.from({ length: 10 }, (_, item) => group.submit(item)))
    expect(sizes).toEqual([4, 4, 2])
  })

  it('refuses as busy what does not fit into the queue', async () => {
    const { batches, commit } = controlled()
    const group = createGroupCommit({ commit, isOutage: never, maxWaiting: 2 })
    const first = group.submit(1)
    await turn()
    const waiting = [group.submit(2), group.submit(3)]
    await expect(group.submit(4)).rejects.toMatchObject({ kind: 'busy', retryAfterS: 1 })
    batches[0]!.finish()
    await turn()
    await turn()
    batches[1]!.finish()
    expect(await Promise.all([first, ...waiting])).toEqual([10, 20, 30])
  })

  it('gives a refused item its own answer and the others theirs', async () => {
    const commit = async (items: readonly number[]) => items.map((item) => (item === 2 ? new Error('refused') : item))
    const group = createGroupCommit<number, number>({ commit, isOutage: never })
    const outcomes = await Promise.allSettled([group.submit(1), group.submit(2), group.submit(3)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('repeats a failed batch one by one, so that a bad item costs only itself', async () => {
    const batches: (readonly number[])[] = []
    const commit = async (items: readonly number[]) => {
      batches.push(items)
      if (items.includes(2)) throw new Error('poison')
      return items
    }
    const group = createGroupCommit({ commit, isOutage: never })
    const outcomes = await Promise.allSettled([group.submit(1), group.submit(2), group.submit(3)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]])
  })

  it('does not repeat when the database is away, and goes on when it is back', async () => {
    let away = true
    let commits = 0
    const commit = async (items: readonly number[]) => {
      commits++
      if (away) throw new Error('away')
      return items
    }
    const group = createGroupCommit({ commit, isOutage: () => true })
    const outcomes = await Promise.allSettled([group.submit(1), group.submit(2)])
    expect(outcomes).toMatchObject([
      { reason: { kind: 'unavailable', retryAfterS: 2 } },
      { reason: { kind: 'unavailable' } },
    ])
    expect(commits).toBe(1)
    away = false
    expect(await group.submit(3)).toBe(3)
  })

  it('answers in time while a commit hangs, and does not let it hold back the next', async () => {
    let hang = true
    const commit = (items: readonly number[]) => (hang ? new Promise<number[]>(() => {}) : Promise.resolve([...items]))
    const group = createGroupCommit({ commit, isOutage: never, deadlineMs: 50 })
    const hanging = [group.submit(1)]
    await turn()
    hanging.push(group.submit(2))
    await turn()
    const waiting = group.submit(3)
    for (const one of hanging) await expect(one).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(waiting).rejects.toMatchObject({ kind: 'busy' })
    hang = false
    await group.flush()
    expect(await group.submit(4)).toBe(4)
  })

  it('commits nothing later of which the caller was told that it is not known', async () => {
    const { batches, commit } = controlled()
    const group = createGroupCommit({ commit, isOutage: never, deadlineMs: 50 })
    const told = await Promise.allSettled([group.submit(1), group.submit(2)])
    expect(told).toMatchObject([{ reason: { kind: 'unavailable' } }, { reason: { kind: 'unavailable' } }])
    batches[0]!.fail(new Error('the transaction took too long'))
    await turn()
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([[1, 2]])
  })

  it('flushes', async () => {
    const { batches, commit } = controlled()
    const group = createGroupCommit({ commit, isOutage: never })
    let flushed = false
    const answer = group.submit(1)
    const flush = group.flush().then(() => (flushed = true))
    await turn()
    expect(flushed).toBe(false)
    batches[0]!.finish()
    await Promise.all([flush, answer])
    expect(flushed).toBe(true)
  })
})
