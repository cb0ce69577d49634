import { createGapReader } from './gap-reader.ts'

const rows = (...positions: number[]) => positions.map((position) => ({ position: BigInt(position) }))
const snapshot = (xmin: number, xmax: number) => ({ xmin: BigInt(xmin), xmax: BigInt(xmax) })
const positionsOf = ({ rows: read }: { rows: readonly { position: bigint }[] }) =>
  read.map(({ position }) => Number(position))

test('without a gap everything is published', () => {
  const reading = createGapReader().next(4n, rows(5, 6, 7), snapshot(10, 12))
  expect([positionsOf(reading), reading.position, reading.waiting]).toEqual([[5, 6, 7], 7n, false])
})

test('reading stops at a gap, and goes on when the late row has appeared', () => {
  const gaps = createGapReader()
  const first = gaps.next(0n, rows(1, 3), snapshot(10, 12))
  expect([positionsOf(first), first.position, first.waiting]).toEqual([[1], 1n, true])
  expect(positionsOf(gaps.next(1n, rows(2, 3), snapshot(10, 12)))).toEqual([2, 3])
})

test('a gap is passed only when every transaction of the moment it was seen has ended', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2), snapshot(10, 12))
  expect(gaps.next(0n, rows(2), snapshot(11, 20)).waiting).toBe(true)
  expect(positionsOf(gaps.next(0n, rows(2), snapshot(12, 20)))).toEqual([2])
})

test('a second gap that appears above the first one is watched on its own', () => {
  const gaps = createGapReader()
  gaps.next(0n, rows(2), snapshot(10, 12))
  const both = gaps.next(0n, rows(2, 4), snapshot(12, 30))
  expect([positionsOf(both), both.waiting]).toEqual([[2], true])
  expect(gaps.next(2n, rows(4), snapshot(29, 40)).waiting).toBe(true)
  expect(positionsOf(gaps.next(2n, rows(4), snapshot(30, 40)))).toEqual([4])
})

test('a lasting gap is passed when every transaction that was appending has ended, whatever else is running', () => {
  const gaps = createGapReader()
  const unrelated = snapshot(1, 12)
  gaps.next(0n, rows(2), unrelated)
  gaps.noteAppenders(new Set(['3/7', '4/9']))
  gaps.noteAppenders(new Set(['4/9', '5/1']))
  expect(gaps.next(0n, rows(2), unrelated).waiting).toBe(true)
  gaps.noteAppenders(new Set(['5/1']))
  expect(positionsOf(gaps.next(0n, rows(2), unrelated))).toEqual([2])
})
