import { z } from 'zod'
import { breaksBetween, type Json } from './compare.ts'

const schemaOf = (shape: z.ZodType) => z.toJSONSchema(shape, { io: 'input' }) as Json
const breaks = (before: z.ZodType, after: z.ZodType) =>
  breaksBetween(schemaOf(before), schemaOf(after)).map(({ at, what }) => `${at} ${what}`)

const line = z.object({ sku: z.string(), quantity: z.int().positive() })
const money = z.strictObject({ amount: z.int(), currency: z.string().regex(/^[A-Z]{3}$/) })
const order = z.object({ id: z.uuid(), lines: z.array(line).min(1), total: money, note: z.string().optional() })

test.each([
  ['nothing', order],
  ['an optional member', order.extend({ gift: z.boolean().optional() })],
  [
    'an optional member of an item',
    order.extend({ lines: z.array(line.extend({ size: z.string().optional() })).min(1) }),
  ],
  ['a description', order.describe('An order.')],
  [
    'the order of members',
    z.object({ total: money, note: z.string().optional(), lines: z.array(line).min(1), id: z.uuid() }),
  ],
])('%s breaks nobody', (_what, after) => expect(breaks(order, after)).toEqual([]))

const RECORDED = /events that are recorded already may not fit$/
const OLDER = /processes of the release before refuse or miss it$/

test.each<[string, z.ZodType, string, RegExp]>([
  ['a required member more', order.extend({ gift: z.string() }), '/gift is new and required', RECORDED],
  ['a member that is required now', order.extend({ note: z.string() }), '/note is required now', RECORDED],
  ['a member less', order.omit({ total: true }), '/total is gone', OLDER],
  ['an optional member less', order.omit({ note: true }), '/note is gone', OLDER],
  ['a member that is optional now', order.extend({ total: money.optional() }), '/total is optional now', OLDER],
  ['a renamed member', order.omit({ note: true }).extend({ remark: z.string().optional() }), '/note is gone', OLDER],
  ['another type', order.extend({ note: z.int().optional() }), '/note has another type', OLDER],
  ['another format', order.extend({ id: z.string() }), '/id has another format', OLDER],
  [
    'a closed object with one more',
    order.extend({ total: money.extend({ tax: z.int().optional() }) }),
    '/total/tax is new in an object that takes no others',
    OLDER,
  ],
  [
    'a member of an item less',
    order.extend({ lines: z.array(line.omit({ sku: true })).min(1) }),
    '/lines/*/sku is gone',
    OLDER,
  ],
  [
    'a tighter bound',
    order.extend({ lines: z.array(line).min(2) }),
    '/lines has another minItems (1, now 2)',
    RECORDED,
  ],
  ['a looser bound', order.extend({ lines: z.array(line) }), '/lines has another minItems (1, now none)', OLDER],
  ['an object that was closed by now', z.strictObject(order.shape), ' has another additionalProperties', OLDER],
])('%s', (_what, after, told, whom) => {
  const found = breaks(order, after)
  expect(found[0]).toContain(told)
  expect(found[0]).toMatch(whom)
})

test('values of an enum: one less is not in order for what is recorded, one more for older processes', () => {
  const reason = (...values: string[]) => z.object({ reason: z.enum(values) })
  expect(breaks(reason('a', 'b'), reason('a'))).toEqual([expect.stringMatching(/may not be "b" any more: events/)])
  expect(breaks(reason('a'), reason('a', 'b'))).toEqual([expect.stringMatching(/may be "b" now: processes/)])
})

test('the parts of a union are compared one by one', () => {
  const union = (size: z.ZodType) => z.object({ of: z.union([z.object({ size }), z.string()]) })
  expect(breaks(union(z.string()), union(z.string()))).toEqual([])
  expect(breaks(union(z.string()), union(z.int()))[0]).toContain('/of/size has another type')
})
