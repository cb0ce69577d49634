import { randomBytes } from './random.ts'

describe('random bytes', () => {
  it('gives as many as are asked for, and none of them twice', () => {
    const taken = Array.from({ length: 3_000 }, (_, nth) => randomBytes(12 + (nth % 21)))
    expect(taken.every((bytes, nth) => bytes.length === 12 + (nth % 21))).toBe(true)
    expect(new Set(taken.map((bytes) => bytes.toString('hex'))).size).toBe(taken.length)
  })

  it('leaves what was given as it was', () => {
    const first = randomBytes(32)
    const before = first.toString('hex')
    const rest = Array.from({ length: 1_000 }, () => randomBytes(32).fill(0))
    expect(first.toString('hex')).toBe(before)
    expect(rest.every((bytes) => bytes.equals(Buffer.alloc(32)))).toBe(true)
  })
})
