import { deadline } from './deadline.ts'

const failing = (times: number, error: Error) => () => {
  if (times-- > 0) throw error
  return 'so'
}

it('asks a server again that is away for the moment', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  expect(await deadline('it answers', failing(2, refused), { every: 1 })).toBe('so')
  await expect(deadline('it answers', failing(1_000, refused), { every: 1, within: 5 })).rejects.toThrow(/ECONNREFUSED/)
})

it('throws at once whatever else goes wrong', async () => {
  await expect(deadline('it answers', failing(1, new Error('a fault of the test')), { every: 1 })).rejects.toThrow(
    'fault',
  )
})

it('looks less often at what takes long', async () => {
  let looks = 0
  await deadline('700 ms are over', never, { within: 700 }).catch(() => {})
  function never() {
    looks++
  }
  expect(looks).toBeLessThan(30) // every 20 ms they would be 35
})
