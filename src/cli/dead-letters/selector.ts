import { InvalidArgumentError } from 'commander'
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

/** `10%` or `0.1`, from 0 to 1. */
export function percent(text: string): number {
  const [, amount, sign] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? []
  const share = Number(amount) / (sign ? 100 : 1)
  if (amount === undefined || share > 1) throw new InvalidArgumentError('A share is written as 10% or 0.1.')
  return share
}
