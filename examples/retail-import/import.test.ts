import { catalogueOf, stockFor } from './catalogue.ts'
import { countryCode } from './countries.ts'
import { RETAIL_CSV } from './fixture.ts'
import { orderOf, sortLines } from './invoices.ts'
import { describeFile } from './report.ts'
import { readRetailLines } from './retail-line.ts'

const lines = readRetailLines(RETAIL_CSV)

it('makes one order of each invoice with good lines, and one line of each stock code', () => {
  expect(sortLines(lines).invoices).toEqual([
    {
      number: '900001',
      customer: '70001',
      country: 'United Kingdom',
      lines: [
        { sku: '10001', quantity: 6 },
        { sku: '10002A', quantity: 5 },
      ],
    },
    { number: '900002', customer: '70002', country: 'EIRE', lines: [{ sku: '10001', quantity: 12 }] },
  ])
})

it('refuses each dirty line for one reason, and loses none', () => {
  const { refused, accepted, lines: all } = sortLines(lines)
  expect(Object.fromEntries(refused)).toEqual({
    cancellation: 1,
    'not goods (postage, fees, manual entries)': 1,
    'quantity of zero or less': 2,
    'price of zero or less': 1,
    'no description': 1,
    'no customer': 2,
    'unknown country': 1,
  })
  expect(accepted + 9).toBe(all)
})

it('takes invoices without a customer as guests when asked to', () => {
  const { invoices } = sortLines(lines, { guests: true })
  expect(invoices.map(({ number }) => number)).toEqual(['900001', '900002', '900003'])
  expect(orderOf(invoices[2]!).customer).toEqual({ name: 'Guest 900003', email: 'guest-900003@example.com' })
})

it('says what is in the file', () => {
  expect(describeFile(sortLines(lines))).toMatch(/^13 lines: 5 orders and 1 cancellations\n {2}4 {2}lines accepted\n/)
})

it('prices a product at what it is sold for most often', () => {
  expect(catalogueOf(lines)).toEqual([
    { sku: '10001', name: 'RED LANTERN', price: 255, currency: 'GBP' },
    { sku: '10002A', name: 'TEA TOWEL, "BLUE"', price: 425, currency: 'GBP' },
    { sku: '10003', name: 'GLASS STAR', price: 100, currency: 'GBP' },
  ])
})

it('stocks enough for every order', () => {
  expect(stockFor(sortLines(lines).invoices)).toEqual([
    { sku: '10001', quantity: 36 },
    { sku: '10002A', quantity: 10 },
  ])
})

it.each([
  ['United Kingdom', 'GB'],
  ['EIRE', 'IE'],
  ['Channel Islands', 'JE'],
  ['Germany', 'DE'],
  ['Japan', 'JP'],
  ['Lithuania', 'LT'],
  ['Unspecified', undefined],
  ['European Community', undefined],
])('knows the code of %s', (name, code) => {
  expect(countryCode(name)).toBe(code)
})

it.each([
  ['a,b\n1,2\n', 'no column InvoiceNo'],
  ['', 'no column'],
  ['InvoiceNo\n"unclosed', 'not CSV'],
])('says what is wrong with a file that is not the retail data', (text, sentence) => {
  expect(() => readRetailLines(text)).toThrow(sentence)
})
