// Plants every kind of violation in an event type that was published, and expects the sentence that says what to do.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { defineEvent, type AnyEventType } from '#messaging'
import { checkVersions } from './check.ts'
import { readPublished } from './published.ts'
import { recordVersions } from './record.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'published-'))
afterEach(() => readdirSync(folder).forEach((type) => rmSync(path.join(folder, type), { recursive: true })))
afterAll(() => rmSync(folder, { recursive: true }))

const first = z.object({ id: z.string(), gift: z.string() })
const gift = (more: object = {}, schema: z.ZodType = first): AnyEventType =>
  defineEvent({
    type: 'gift.added',
    summary: 'A gift goes into the parcel.',
    stream: () => 'gift-1',
    schema,
    example: { id: '1', gift: 'tea towel' },
    ...more,
  })

const check = (...types: AnyEventType[]) => checkVersions(types, readPublished(folder))
const sentences = (...types: AnyEventType[]) => check(...types).map(({ wants, sentence }) => `${wants}: ${sentence}`)
const record = (...types: AnyEventType[]) => recordVersions(types, folder).map((file) => path.relative(folder, file))

it('a new type is to be recorded, and then all is well', () => {
  expect(sentences(gift())).toEqual(['recording: gift.added: version 1 is not published yet.'])
  expect(record(gift())).toEqual(['gift.added/v1.json'])
  expect(sentences(gift())).toEqual([])
  expect(record(gift())).toEqual([])
})

it('a change that breaks is refused: nothing is recorded, and what to do is said', () => {
  record(gift())
  const broken = gift({ example: { id: '1' } }, first.omit({ gift: true }))
  expect(sentences(broken)[0]).toMatch(
    /^repair: gift\.added: version 1 is published, and its schema was changed: \/gift is gone.* raise `version` to 2, say in `upcasts: \{ 1: /,
  )
  expect(record(broken)).toEqual([])
})

it('what grows by an optional member is recorded, with one example more', () => {
  record(gift())
  const grown = gift(
    { example: { id: '1', gift: 'mug', note: 'from us' } },
    first.extend({ note: z.string().optional() }),
  )
  expect(sentences(grown)).toEqual([expect.stringMatching(/^recording: .* has grown/)])
  expect(record(grown)).toEqual(['gift.added/v1.json'])
  expect(sentences(grown)).toEqual([])
  const { examples } = JSON.parse(readFileSync(path.join(folder, 'gift.added/v1.json'), 'utf8')) as {
    examples: unknown
  }
  expect(examples).toEqual([
    { id: '1', gift: 'tea towel' },
    { id: '1', gift: 'mug', note: 'from us' },
  ])
  expect(sentences(gift())[0]).toMatch(/^repair: .*\/note is gone/)
})

const second = { version: 2, example: { id: '1', gifts: ['tea towel'] } }
const listed = z.object({ id: z.string(), gifts: z.array(z.string()) })

it('a new version needs an upcast that makes valid data of every recorded example', () => {
  record(gift())
  expect(sentences(gift(second, listed)).join()).toMatch(/version 1 cannot be read.*no upcast to version 2 is defined/)
  const wrong = gift({ ...second, upcasts: { 1: ({ id }: { id: string }) => ({ id }) } }, listed)
  expect(sentences(wrong).join()).toMatch(/^recording: .*version 2 is not published yet.*repair: .*\/gifts: /)
  const right = { ...second, upcasts: { 1: ({ id, gift }: { id: string; gift: string }) => ({ id, gifts: [gift] }) } }
  expect(record(gift(right, listed))).toEqual(['gift.added/v2.json'])
  expect(sentences(gift(right, listed))).toEqual([])
})

it('a version or a type is never taken away', () => {
  record(gift())
  const upcasts = { 1: ({ id }: { id: string }) => ({ id, gifts: [] }) }
  record(gift({ ...second, upcasts }, listed))
  expect(sentences(gift())).toEqual([expect.stringMatching(/^repair: .*version 2 is published: a version is never/)])
  expect(sentences()).toEqual([expect.stringMatching(/^repair: gift\.added is published and no longer defined/)])
})

it.each([
  ['no example', { example: undefined }, first, /has no example\. Add `example: \{ … \}`/],
  [
    'an example that does not fit',
    { example: { id: 1 } },
    first,
    /version 1 cannot be read.*\/id: .*The example: \{"id":1\}/,
  ],
  ['a transform', {}, first.transform((data) => data), /no JSON Schema.*no transforms/],
  ['what JSON does not know', {}, z.object({ at: z.date() }), /no JSON Schema/],
])('%s is said', (_what, more, schema, told) => {
  expect(sentences(gift(more, schema)).join()).toMatch(told)
  expect(record(gift(more, schema))).toEqual([])
})
