import { timeAxis } from './time-axis.ts'

it('shares its width among the moments', () => {
  const { x, cuts, ticks } = timeAxis([0, 40, 100], 200, 700)
  expect([x(0), x(40), x(100)]).toEqual([200, 400, 700])
  expect(cuts).toEqual([])
  expect(ticks.map(({ text }) => text)).toEqual(['0 ms', '20 ms', '40 ms', '60 ms', '80 ms', '100 ms'])
})

it('cuts a long wait short, and goes on in scale behind it', () => {
  const { x, cuts, cutWidth, ticks } = timeAxis([0, 50, 100, 60_100, 60_150, 60_200], 0, 500)
  expect(cuts).toHaveLength(1)
  const [{ fromMs, toMs }] = cuts as [{ fromMs: number; toMs: number }]
  expect(x(toMs) - x(fromMs)).toBeCloseTo(cutWidth)
  expect(x(50) - x(0)).toBeCloseTo(x(60_200) - x(60_150))
  expect([x(0), x(60_200)]).toEqual([0, expect.closeTo(500)])
  expect(ticks.filter(({ ms }) => ms > fromMs && ms < toMs)).toEqual([])
})

it('counts behind a cut from the first moment there, so that all stretches are in one unit', () => {
  const { ticks } = timeAxis([0, 50, 100, 60_120, 60_170, 60_220], 0, 600)
  expect(ticks.map(({ text }) => text)).toEqual(['0 ms', '50 ms', '100 ms', '1 min', '+50 ms', '+100 ms'])
})

it('leaves most of its width to the work, however many waits of one length there are', () => {
  const moments = Array.from({ length: 12 }, (_, nth) => [nth * 2_000, nth * 2_000 + 40]).flat()
  const { x, cuts, cutWidth } = timeAxis(moments, 0, 800)
  expect(cuts).toHaveLength(11)
  expect(cuts.length * cutWidth).toBeLessThan(401)
  expect(x(40) - x(0)).toBeGreaterThan(20) // a pixel and a half where the waits are drawn to scale
})

it('cuts each of several waits', () => {
  const moments = [0, 100, 1_100, 1_200, 6_200, 6_300]
  expect(timeAxis(moments, 0, 900).cuts).toHaveLength(2)
})

it.each([[[]], [[7]]])('stands with %j moments', (moments) => {
  const { x, ticks } = timeAxis(moments, 100, 900)
  expect(x(moments[0] ?? 0)).toBe(100)
  expect(ticks.length).toBeLessThan(20)
})
