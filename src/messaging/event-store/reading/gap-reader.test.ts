import { createGapReader } from './gap-reader.ts'

const rows = (...positions: number[]) => positions.map((position) => ({ position: BigInt(position) }))
const appending = (...ids: string[]) => ids.map((id) => ({ id, pid: id.startsWith('-1/') ? null : 1 }))
const positionsOf = ({ rows: read }: { rows: readonly { position: bigint }[] }) =>
  read.map(({ position }) => Number(position))

test('without a gap everything is published', () => {
  const reading = createGapReader().next(4n, rows(5, 6, 7))
  expect([positionsOf(reading), reading.position, reading.waitingMs]).toEqual([[5, 6, 7], 7n, undefined])
})

test('unbroken runs are read as the positions that they stand for', () => {
  const runs = [
    { from: 5n, position: 900n },
    { from: 902n, position: 950n },
  ]
  const gaps = createGapReader()
  expect(gaps.next(4n, runs)).toMatchObject({ rows: [runs[0]], position: 900n })
  gaps.noteAppenders([])
  expect(gaps.next(900n, [runs[1]!])).toMatchObject({ position: 950n, waitingMs: undefined })
})

test('reading stops at a gap, tells how long it has lasted, and goes on when the late row has appeared', () => {
  let now = 100
  const gaps = createGapReader(() => now)
  const first = gaps.next(0n, rows(1, 3))
  expect([positionsOf(first), first.position, first.waitingMs]).toEqual([[1], 1n, 0])
  now = 107
  expect(gaps.next(1n, rows(3)).waitingMs).toBe(7)
  expect(positionsOf(gaps.next(1n, rows(2, 3)))).toEqual([2, 3])
})

test('a gap is not passed while nobody has asked who is appending', () => {
  const gaps = createGapReader()
  for (let i = 0; i < 3; i++) expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([])
})

test('a gap is passed when all who were appending after it was seen have ended, whoever has begun since', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2))
  gaps.noteAppenders(appending('3/7', '4/9'))
  gaps.noteAppenders(appending('4/9', '5/1'))
  expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([])
  gaps.noteAppenders(appending('5/1'))
  expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([2])
})

test('a gap above those of the first sight is watched on its own', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2))
  gaps.noteAppenders(appending('3/7'))
  gaps.noteAppenders([])
  const both = gaps.next(0n, rows(2, 4))
  expect([positionsOf(both), both.waitingMs]).toEqual([[2], expect.any(Number)])
  gaps.noteAppenders(appending('6/1'))
  expect(positionsOf(gaps.next(2n, rows(4)))).toEqual([])
  gaps.noteAppenders([])
  expect(positionsOf(gaps.next(2n, rows(4)))).toEqual([4])
})

test('a transaction that was prepared meanwhile has another id, and has not ended', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2))
  gaps.noteAppenders(appending('3/7'))
  gaps.noteAppenders(appending('-1/815', '5/1'))
  expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([])
  gaps.noteAppenders(appending('5/1', '-1/816'))
  gaps.noteAppenders(appending('5/1'))
  expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([2])
})

test('one prepared after the gap was seen, while all who are watched still run, is not waited for', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2))
  gaps.noteAppenders(appending('3/7'))
  gaps.noteAppenders(appending('3/7', '-1/815'))
  gaps.noteAppenders(appending('3/7'))
  gaps.noteAppenders([])
  expect(positionsOf(gaps.next(0n, rows(2)))).toEqual([2])
})
