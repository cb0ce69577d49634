import { countryCode } from './countries.ts'
import { isCancelled, refusalOf, type Refusal, type RetailLine } from './retail-line.ts'

export interface Invoice {
  number: string
  customer: string
  country: string
  /** One for each stock code, in the order of the invoice. */
  lines: { sku: string; quantity: number }[]
}

export interface Sorted {
  /** Orders that can be placed. */
  invoices: Invoice[]
  /** Lines of the file, invoices that are orders, and those that are cancellations. */
  lines: number
  orders: number
  cancellations: number
  accepted: number
  refused: Map<Refusal, number>
}

/**
 * An order is an invoice that is no cancellation. Its good lines make the cart, a stock code that comes twice becomes one
 * line; an order without a good line cannot be placed.
 */
export function sortLines(lines: readonly RetailLine[], { guests = false } = {}): Sorted {
  const rules = { guests, isCountry: (name: string) => countryCode(name) !== undefined }
  const invoices = new Map<string, Invoice>()
  const refused = new Map<Refusal, number>()
  for (const line of lines) {
    const refusal = refusalOf(line, rules)
    if (refusal) refused.set(refusal, (refused.get(refusal) ?? 0) + 1)
    else addTo(invoices, line)
  }
  const numbers = (some: readonly RetailLine[]) => new Set(some.map(({ invoice }) => invoice)).size
  return {
    invoices: [...invoices.values()],
    lines: lines.length,
    orders: numbers(lines.filter((line) => !isCancelled(line))),
    cancellations: numbers(lines.filter(isCancelled)),
    accepted: lines.length - [...refused.values()].reduce((sum, count) => sum + count, 0),
    refused,
  }
}

function addTo(
  invoices: Map<string, Invoice>,
  { invoice: number, customer, country, stockCode, quantity }: RetailLine,
) {
  const invoice = invoices.get(number) ?? { number, customer, country, lines: [] }
  invoices.set(number, invoice)
  const same = invoice.lines.find(({ sku }) => sku === stockCode)
  if (same) same.quantity += quantity
  else invoice.lines.push({ sku: stockCode, quantity })
}

/** What `POST /v1/orders` is sent for an invoice. The data name no person and no street: those are made up. */
export function orderOf({ number, customer, country, lines }: Invoice) {
  const who = customer ? `customer-${customer}` : `guest-${number}`
  return {
    customer: { name: customer ? `Customer ${customer}` : `Guest ${number}`, email: `${who}@example.com` },
    shippingAddress: {
      line1: `${(Number(customer || number) % 200) + 1} High Street`,
      city: country,
      postalCode: customer || number,
      country: countryCode(country)!,
    },
    lines,
    payment: { token: 'pm_card_visa' },
  }
}
