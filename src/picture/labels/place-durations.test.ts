import { placeDurations } from './place-durations.ts'

const work = (x: number, width: number, text = '142 ms') => ({ x, width, text })

it('writes a duration in the middle of its work, where that is wide enough', () => {
  expect(placeDurations([work(300, 100), work(500, 30), work(600, 20, '3 s')], [])).toEqual([350, undefined, undefined])
})

it('writes it in the part of its work that no later one stands on', () => {
  expect(placeDurations([work(300, 100), work(360, 200)], [])).toEqual([330, 460])
  expect(placeDurations([work(300, 200), work(310, 50)], [])).toEqual([430, 335])
})

it('writes it once for works that were done together', () => {
  expect(placeDurations([work(300, 100), work(300, 100), work(300, 100)], [])).toEqual([undefined, undefined, 350])
})

it('writes it beside the events that were published, and the attempts that failed, during the work', () => {
  expect(placeDurations([work(300, 200)], [490])).toEqual([391])
  expect(placeDurations([work(300, 90)], [345])).toEqual([undefined])
})

it('writes no duration upon another one, upon a sign, or where another work stands on its own', () => {
  let seed = 7
  const any = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most
  for (let nth = 0; nth < 300; nth++) {
    const works = Array.from({ length: 1 + any(6) }, () => work(200 + any(500), 5 + any(250), `${any(999)} ms`))
    const signs = Array.from({ length: any(4) }, () => 200 + any(700))
    const texts = placeDurations(works, signs).flatMap((middle, index) => {
      const half = works[index]!.text.length * 3
      return middle === undefined ? [] : [{ index, from: middle - half, to: middle + half }]
    })
    const upon = (from: number, to: number) => (text: { from: number; to: number }) => text.from < to && from < text.to
    const wrong = texts.filter(
      (text) =>
        texts.some((other) => other !== text && upon(other.from, other.to)(text)) ||
        works.some(({ x, width }, index) => index > text.index && upon(x, x + width)(text)) ||
        signs.some((x) => upon(x - 6, x + 6)(text)) ||
        text.from < works[text.index]!.x ||
        text.to > works[text.index]!.x + works[text.index]!.width,
    )
    expect(wrong).toEqual([])
  }
})
