import { parse } from 'csv-parse/sync'
import { SetupError } from '../../dev/services/index.ts'

/** One row of the retail CSV, as it stands there. */
export interface RetailLine {
  invoice: string
  /** In capitals: the data write some codes both ways. */
  stockCode: string
  description: string
  quantity: number
  /** Pence. */
  price: number
  customer: string
  country: string
}

/** Why a line cannot become part of an order; the first that applies, in this order. */
export const REFUSALS = [
  'cancellation',
  'not goods (postage, fees, manual entries)',
  'quantity of zero or less',
  'price of zero or less',
  'no description',
  'no customer',
  'unknown country',
] as const
export type Refusal = (typeof REFUSALS)[number]

const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'UnitPrice', 'CustomerID', 'Country'] as const
type Row = Record<(typeof COLUMNS)[number], string>

/** @throws SetupError when the text is not CSV with the columns of the retail data */
export function readRetailLines(csv: string): RetailLine[] {
  const rows = parseRows(csv)
  const missing = COLUMNS.filter((column) => rows[0]?.[column] === undefined)
  if (missing.length > 0)
    throw new SetupError(`The file is not the retail data: it has no column ${missing.join(', ')}.`)
  return rows.map(toLine)
}

function parseRows(csv: string): Row[] {
  try {
    return parse(csv, { columns: true, bom: true, skip_empty_lines: true, trim: true, relax_column_count_less: true })
  } catch (error) {
    throw new SetupError(`The file is not CSV: ${(error as Error).message}`, { cause: error })
  }
}

function toLine(row: Row): RetailLine {
  return {
    invoice: row.InvoiceNo,
    stockCode: row.StockCode.toUpperCase(),
    description: row.Description.replace(/\s+/g, ' ').slice(0, 200),
    quantity: Number(row.Quantity),
    price: Math.round(Number(row.UnitPrice) * 100),
    customer: row.CustomerID,
    country: row.Country,
  }
}

/** Invoices of cancellations begin with C, adjustments of bad debts with A. */
export const isCancelled = ({ invoice }: Pick<RetailLine, 'invoice'>): boolean => !/^\d+$/.test(invoice)

/** Goods have numbers of five digits, some with letters after them; everything else is POST, D, M, BANK CHARGES and such. */
export const isGoods = ({ stockCode }: Pick<RetailLine, 'stockCode'>): boolean => /^(\d{5}|DCGS\d)/.test(stockCode)

const APPLIES: Record<Refusal, (line: RetailLine, rules: Rules) => boolean> = {
  cancellation: isCancelled,
  'not goods (postage, fees, manual entries)': (line) => !isGoods(line),
  'quantity of zero or less': ({ quantity }) => !(quantity > 0),
  'price of zero or less': ({ price }) => !(price > 0),
  'no description': ({ description }) => description === '',
  'no customer': ({ customer }, { guests }) => customer === '' && !guests,
  'unknown country': ({ country }, { isCountry }) => !isCountry(country),
}

export interface Rules {
  /** Lines without a customer are taken, as a guest's. */
  guests: boolean
  isCountry: (name: string) => boolean
}

/** Why the line is refused; undefined for a good one. */
export function refusalOf(line: RetailLine, rules: Rules): Refusal | undefined {
  return REFUSALS.find((refusal) => APPLIES[refusal](line, rules))
}
