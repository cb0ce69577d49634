import type { Amount } from './port.ts'

/** Something that a provider tells by itself, of one hold. */
export interface Notice {
  /** Of the provider: the same again is the same notice. */
  id: string
  /** The provider's id of what it is about. Two notices of one kind about the same thing tell of it once. */
  about: string
  kind: 'refunded' | 'refund-failed' | 'hold-canceled' | 'dispute-opened' | 'dispute-closed'
  authorizationId: string
  amount: Amount
  detail: string
  /** It follows from a request of ours, and is in the books by that. */
  isOurs: boolean
  /** Of a refund: the key that we have asked for it under. Absent where somebody else has made it. */
  askedUnder?: string | undefined
}

/** What has come, if it came from the provider at all. */
export type Told =
  | { kind: 'notice'; notice: Notice }
  /** It is of no concern here. */
  | { kind: 'ignored'; type: string }
  /** The signature is wrong, or too old. */
  | { kind: 'forged'; why: string }
  /** Nothing is expected here, as it is set. */
  | { kind: 'unexpected' }
