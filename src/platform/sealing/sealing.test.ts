import fc from 'fast-check'
import { uuidv7 } from '../uuid.ts'
import { open, personIn, seal, SealBroken } from './cipher.ts'
import { blindIndex, isOutdated, newPersonKey, unwrap, wrap } from './master-key.ts'
import { restore, textsOf, withhold, type Marks } from './parts.ts'

const text = fc.string({ unit: 'binary' })
const [ada, bob] = [newPersonKey(uuidv7()), newPersonKey(uuidv7())]

const marks: Marks = { customer: { name: '-', email: 'x@x.invalid', phone: '-' }, reason: '-' }
const customer = fc.record({ name: text, email: text, phone: text }, { requiredKeys: ['name', 'email'] })
const documents = fc.record({ customer, reason: fc.option(text), total: fc.integer() })

test('what was sealed is opened with the same key in the same place, and tells whose it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), text, (value, place) => {
      const sealed = seal(ada, place, value)
      expect(open(ada.key, place, sealed)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(personIn(sealed)).toBe(ada.person)
    }),
  )
})

test('neither another key, nor another place, nor a changed bit opens it', () => {
  const sealed = seal(ada, 'order-1', { name: 'Ada' })
  expect(() => open(bob.key, 'order-1', sealed)).toThrow(SealBroken)
  expect(() => open(ada.key, 'order-2', sealed)).toThrow(SealBroken)
  const bytes = Buffer.from(sealed, 'base64url')
  fc.assert(
    fc.property(fc.integer({ min: 17, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << bit
      expect(() => open(ada.key, 'order-1', changed.toString('base64url'))).toThrow(SealBroken)
    }),
  )
  for (const wrong of ['', 'sealed', sealed.slice(0, 40)]) expect(() => personIn(wrong)).toThrow(SealBroken)
})

test('the same never looks the same, and holds nothing readable', () => {
  const sealed = [seal(ada, 'order-1', 'Lovelace'), seal(ada, 'order-1', 'Lovelace')]
  expect(sealed[0]).not.toBe(sealed[1])
  expect(Buffer.from(sealed[0]!, 'base64url').includes('Lovelace')).toBe(false)
})

test('a document without its personal part shows none of it, fits together again, and keeps everything else', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const { shown, personal } = withhold(document, marks)
      expect(shown['total']).toBe(document.total)
      expect(shown['customer']).toEqual({
        name: '-',
        email: 'x@x.invalid',
        ...(document.customer.phone !== undefined && { phone: '-' }),
      })
      expect(restore(shown, personal)).toEqual(document)
      const told = [...Object.values(document.customer), ...(document.reason === null ? [] : [document.reason])]
      expect(textsOf(personal).toSorted()).toEqual(told.toSorted())
    }),
  )
})

describe('master keys', () => {
  const environment = process.env
  afterEach(() => (process.env = environment))
  const use = (...keys: string[]) => (process.env = { ...environment, PERSONAL_DATA_KEYS: keys.join() })
  const [first, second] = ['1'.repeat(64), '2'.repeat(64)]

  it("wrap the key of a person, which only they unwrap, and only as that person's", () => {
    use(first)
    const wrapped = wrap(ada)
    expect(unwrap(ada.person, wrapped)).toEqual(ada)
    expect(() => unwrap(bob.person, wrapped)).toThrow(SealBroken)
    use(second)
    expect(() => unwrap(ada.person, wrapped)).toThrow(/which PERSONAL_DATA_KEYS does not hold/)
  })

  it('may be replaced: a new one in front wraps, the old one unwraps still, and lookups stay', () => {
    use(first)
    const [wrapped, found] = [wrap(ada), blindIndex('person', 'ada@example.com')]
    use(second, first)
    expect(unwrap(ada.person, wrapped)).toEqual(ada)
    expect([isOutdated(wrapped), isOutdated(wrap(ada))]).toEqual([true, false])
    expect(blindIndex('person', 'ada@example.com')).toBe(found)
    expect(blindIndex('word', 'ada@example.com')).not.toBe(found)
  })
})
