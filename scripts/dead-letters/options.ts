import { InvalidArgumentError, Option } from 'commander'
import type { Selector } from '#messaging'

/** Flags that choose deliveries. */
export interface SelectorFlags {
  id?: string[]
  group?: string
  type?: string
  older?: number
  all?: boolean
}

export const selectorOf = ({ id, group, type, older, all }: SelectorFlags): Selector => ({
  ...(id && { ids: id }),
  ...(group !== undefined && { group }),
  ...(type !== undefined && { eventType: type }),
  ...(older !== undefined && { olderThanMs: older }),
  ...(all && { all }),
})

export const json = () => new Option('--json', 'print JSON')

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `30m`, `2h`, `7d` in milliseconds. A number alone is refused: nobody knows what it would mean. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined)
    throw new InvalidArgumentError('A duration needs a unit: write it as 90s, 30m, 2h or 7d.')
  return Number(amount) * UNITS[unit]!
}

/** `50/s` or `50`: deliveries per second. */
export function rate(text: string): number {
  const [, perSecond] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? []
  if (perSecond === undefined || Number(perSecond) <= 0) throw new InvalidArgumentError('A rate is written as 50/s.')
  return Number(perSecond)
}

/** `10%` or `0.1`, from 0 to 1. */
export function percent(text: string): number {
  const [, amount, sign] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? []
  const share = Number(amount) / (sign ? 100 : 1)
  if (amount === undefined || share > 1) throw new InvalidArgumentError('A share is written as 10% or 0.1.')
  return share
}

export function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('This must be a whole number from 1.')
  return number
}
