import { exponentOf } from '../../../src/events/currency.ts'
import { durationOf } from '../../../src/picture/time/duration.ts'

const number = new Intl.NumberFormat('en-GB')
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

export const count = (value: number) => number.format(value)
export const clockOf = (at: string) => clock.format(new Date(at))
export const momentOf = (at: string) => moment.format(new Date(at))

/** `1 order`, `2 orders`. */
export const counted = (value: number, what: string, many = `${what}s`) =>
  `${count(value)} ${value === 1 ? what : many}`

/** What the server names by a code: `attempts-exhausted`, `partially_refunded`, `alreadyHandled`. */
export const inWords = (code: string) =>
  code.replaceAll(/[-_]/g, ' ').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** A rate with as many digits as matter. */
export const rate = (value: number) =>
  value < 1 ? String(Number(value.toFixed(2))) : value < 10 ? value.toFixed(1) : count(Math.round(value))

/** `142 ms`, `1.2 s`, `3 d`; a dash where nothing was measured. */
export const duration = (ms: number | null | undefined): string => (ms == null ? '–' : durationOf(ms))

export function ago(at: string | null): string {
  if (at === null) return 'never'
  const ms = Date.now() - new Date(at).getTime()
  const unit = ms < 60_000 ? 1_000 : ms < 3_600_000 ? 60_000 : 1
  return ms < 1_000 ? 'just now' : `${duration(Math.floor(ms / unit) * unit)} ago`
}

export { causeOf as cause } from '../../../src/picture/labels/tell-marks.ts'

/** The amount is in minor units: pence, or whole yen. */
export function money({ amount, currency }: { amount: number; currency: string }): string {
  const digits = exponentOf(currency)
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency, ...decimals }).format(amount / 10 ** digits)
}

/** `worker inventory@host:1` as it is; of one that runs many reactions the first word is enough. */
export function processName(instance: string): string {
  const [names = '', place = ''] = instance.split('@')
  const words = names.split(' ')
  return words.length > 3 ? `${words[0]}@${place}` : instance
}

/** The end of an id tells two of them apart; the beginning is the time. */
export const short = (id: string) => id.slice(-12)
