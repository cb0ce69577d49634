import { paceLooks } from './pace-looks.ts'

/** A loop whose pauses take no time: what it was to wait, and whether it is woken. */
function loop(pollMs?: number) {
  const waited: number[] = []
  let isWoken = false
  const looks = paceLooks(async (ms) => (waited.push(ms), isWoken), pollMs)
  const turn = async (woken: boolean, isNews: boolean, atMostMs?: number) => {
    isWoken = woken
    await looks.pause(atMostMs)
    looks.looked({ isNews })
  }
  return { turn, waited }
}

afterEach(() => jest.useRealTimers())

it('looks rarely while wake-ups come, and when there is nothing', async () => {
  const { turn, waited } = loop()
  await turn(true, true)
  await turn(false, false)
  await turn(true, true)
  await turn(true, true)
  expect(waited).toEqual([2_000, 2_000, 2_000, 2_000])
})

it('looks often for a minute after it has found something that nobody told of', async () => {
  jest.useFakeTimers()
  const { turn, waited } = loop()
  await turn(false, true)
  await turn(false, false)
  jest.advanceTimersByTime(59_000)
  await turn(true, true)
  jest.advanceTimersByTime(2_000)
  await turn(true, true)
  expect(waited).toEqual([2_000, 500, 500, 2_000])
})

it('concludes nothing from a look that came early', async () => {
  const { turn, waited } = loop()
  await turn(false, true, 50)
  await turn(false, false)
  expect(waited).toEqual([50, 2_000])
})

it('keeps the interval that it was given', async () => {
  const { turn, waited } = loop(100)
  await turn(false, true)
  await turn(false, true)
  expect(waited).toEqual([100, 100])
})
