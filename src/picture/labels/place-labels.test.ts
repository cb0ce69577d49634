import { placeLabels, type Label } from './place-labels.ts'

const WITHIN = { from: 200, to: 1_000 }
const at = (...places: number[]) => places.map((x) => ({ x, type: 'order.confirmed' }))
const rowsOf = (names: readonly (Label | undefined)[]) => names.map((name) => name?.row)

/** What a label takes of its row, as the pictures draw it. */
const extent = ({ x, words, anchor }: Label) => {
  const width = words.length * 6
  return anchor === 'end' ? { from: x - width, to: x } : { from: x, to: x + width }
}

it('names events in one row where there is room', () => {
  const { names, rows } = placeLabels({ events: at(210, 400, 600), told: undefined }, WITHIN)
  expect([rowsOf(names), rows]).toEqual([[0, 0, 0], 1])
  expect(names.map((name) => name?.x)).toEqual([216, 406, 606])
})

it('names an event on the left where the next one needs the room', () => {
  const { names, rows } = placeLabels({ events: at(400, 430), told: undefined }, WITHIN)
  expect(names).toEqual([
    { words: 'order.confirmed', x: 400, row: 0, anchor: 'end' },
    { words: 'order.confirmed', x: 436, row: 0 },
  ])
  expect(rows).toBe(1)
})

it('lifts a name over those further right where there is no room on the left either', () => {
  const { names, rows } = placeLabels({ events: at(210, 240, 270, 600), told: undefined }, WITHIN)
  expect([rowsOf(names), rows]).toEqual([[2, 1, 0, 0], 3])
})

it('leaves out a name when every row is taken', () => {
  const { names } = placeLabels({ events: at(215, 220, 225, 230, 235, 240), told: undefined }, WITHIN)
  expect(rowsOf(names)).toEqual([undefined, 4, 3, 2, 1, 0])
})

it('keeps a name at the end of the picture within it', () => {
  const { names } = placeLabels({ events: at(960), told: undefined }, WITHIN)
  expect(extent(names[0]!)).toEqual({ from: 910, to: 1_000 })
})

it('tells failures where there is room for the sentence', () => {
  const told = { x: 330, words: 'failed 3 times: payment gateway: no answer' }
  const alone = placeLabels({ events: [], told }, WITHIN)
  expect(alone.sentence).toEqual({ words: told.words, x: 326, row: 0 })
  const beside = placeLabels({ events: at(280, 500), told }, WITHIN)
  expect(beside.sentence?.row).toBe(1)
  const atTheEnd = placeLabels({ events: [], told: { ...told, x: 900 } }, WITHIN)
  expect(atTheEnd.sentence).toMatchObject({ words: told.words, anchor: 'end' })
})

it('sets no text upon another, wherever events and failures are', () => {
  let seed = 7
  const any = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most
  for (let nth = 0; nth < 300; nth++) {
    const events = at(...Array.from({ length: any(9) }, () => 200 + any(690)).toSorted((a, b) => a - b))
    const { names } = placeLabels({ events, told: undefined }, WITHIN)
    const taken = names.flatMap((name) => (name ? [{ row: name.row, ...extent(name) }] : []))
    const lines = names.flatMap((name, index) => (name ? [{ row: name.row, x: events[index]!.x }] : []))
    const upon = taken.filter((a) => taken.some((b) => a !== b && a.row === b.row && a.from < b.to && b.from < a.to))
    const crossed = taken.filter(({ row, from, to }) => lines.some((line) => line.row > row && from < line.x && line.x < to)) // prettier-ignore
    expect({ upon, crossed }).toEqual({ upon: [], crossed: [] })
  }
})
