import fc from 'fast-check'
import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import type { BulkOutcome } from './bulk-outcome.ts'
import { BULK, carryOutLines, type Carried } from './carry-out-lines.ts'
import { readLines } from './read-lines.ts'

const line = z.strictObject({ id: z.string() })

async function* cut(body: Buffer, sizes: readonly number[]) {
  for (let from = 0, nth = 0; from < body.length; nth++) {
    const to = from + (sizes[nth % sizes.length] ?? body.length)
    yield body.subarray(from, to)
    from = to
  }
}

const booked = (ids: readonly { id: string }[]): Carried[] => ids.map(({ id }) => ({ outcome: 'booked', id }))

async function outcomesOf(body: string | Buffer, carryOut: (items: { id: string }[]) => readonly Carried[] = booked) {
  const outcomes: BulkOutcome[] = []
  const work = { line, carryOut: async (items: readonly { id: string }[]) => carryOut([...items]) }
  for await (const some of carryOutLines(cut(Buffer.from(body), [1_000]), work)) outcomes.push(...some)
  return outcomes
}

it('reads the same lines however the body is cut, and keeps nothing of one that is too long', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\n', '')))
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (lines, sizes) => {
      const read: string[] = []
      for await (const some of readLines(cut(Buffer.from(lines.map((text) => `${text}\n`).join('')), sizes), 20))
        for (const { text, fault } of some) read.push(fault ?? text!)
      const whole = lines.map((text) => (Buffer.byteLength(text) > 20 ? 'line-too-long' : text))
      expect(read).toEqual(whole)
    }),
  )
})

it('answers each line, and a bad one harms no other', async () => {
  const long = `"${'x'.repeat(BULK.lineBytes)}"`
  const bytes = Buffer.concat([
    Buffer.from(`{"id":"a"}\n\n{"id":1}\nnot json\n${long}\r\n`),
    Buffer.from([0xff, 10]),
    Buffer.from('{"id":"b"}\r\n{"id":"c"}'),
  ])
  expect(await outcomesOf(bytes)).toMatchObject([
    { line: 1, outcome: 'booked', id: 'a' },
    { line: 3, outcome: 'refused', code: 'validation-failed', errors: [{ pointer: '/id' }] },
    { line: 4, code: 'invalid-json' },
    { line: 5, code: 'line-too-long' },
    { line: 6, code: 'invalid-encoding' },
    { line: 7, outcome: 'booked', id: 'b' },
    { line: 8, outcome: 'booked', id: 'c' },
    { end: true, lines: 7, refused: 4 },
  ])
})

it('tries a portion line by line when one of it fails', async () => {
  const outcomes = await outcomesOf('{"id":"a"}\n{"id":"bad"}\n{"id":"c"}\n', (items) => {
    if (items.some(({ id }) => id === 'bad')) throw new Error('a fault of ours')
    return booked(items)
  })
  expect(outcomes).toMatchObject([{ id: 'a' }, { line: 2, code: 'internal-error' }, { id: 'c' }, { refused: 1 }])
})

it('stops at the line where the database is away, and says so', async () => {
  const lines = Array.from({ length: 450 }, (_, nth) => `{"id":"${nth}"}\n`).join('')
  const away = new Refusal('unavailable', 'database-unavailable', 'It is away.')
  const outcomes = await outcomesOf(lines, (items) => {
    if (items.some(({ id }) => id === '210')) throw away
    return booked(items)
  })
  expect(outcomes.at(-1)).toMatchObject({ end: true, stopped: 'database-unavailable' })
  expect(outcomes.filter((one) => 'id' in one)).not.toContainEqual(expect.objectContaining({ id: '210' }))
  expect(outcomes.length).toBeLessThan(450)
})

it('looks at so many lines and bytes, and no more', async () => {
  const many = await outcomesOf('\n'.repeat(BULK.lines) + '{"id":"one too many"}\n')
  expect(many).toEqual([{ end: true, lines: 0, refused: 0, stopped: 'too-many-lines' }])
  const some: BulkOutcome[] = []
  const large = cut(Buffer.alloc(BULK.bytes + 1, 'x'), [1_000_000])
  for await (const part of carryOutLines(large, { line, carryOut: async () => [] })) some.push(...part)
  expect(some).toEqual([{ end: true, lines: 0, refused: 0, stopped: 'body-too-large' }])
})
