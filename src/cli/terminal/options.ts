import { InvalidArgumentError, Option } from 'commander'

export const json = () => new Option('--json', 'print JSON')

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `30m`, `2h`, `7d` in milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('A duration is written as 90s, 30m, 2h or 7d.')
  if (unit === undefined)
    throw new InvalidArgumentError(`A duration needs a unit: ${amount}s, ${amount}m, ${amount}h or ${amount}d.`)
  return Number(amount) * UNITS[unit]!
}

/** An option that takes a duration, with its default written as a person would write it. */
export const durationOption = (flags: string, description: string, byDefault: string) =>
  new Option(flags, description).argParser(duration).default(duration(byDefault), byDefault)

/** `50/s` or `50`: messages per second. */
export function rate(text: string): number {
  const [, perSecond] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? []
  if (perSecond === undefined || Number(perSecond) <= 0) throw new InvalidArgumentError('A rate is written as 50/s.')
  return Number(perSecond)
}

export function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('This must be a whole number from 1.')
  return number
}

/** A place in the event store. */
export function position(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A position is a whole number from 0.')
  return BigInt(text)
}

/** `2026-09-01`, or a moment of that day. */
export function date(text: string): Date {
  const moment = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError('A date is written as 2026-09-01.')
  return moment
}
