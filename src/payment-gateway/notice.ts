import type { Amount } from './port.ts'

/** Something that a provider tells by itself, of one hold. */
export interface Notice {
  /** Of the provider: the same again is the same notice. */
  id: string
  kind: 'refunded' | 'refund-failed' | 'hold-canceled' | 'dispute-opened' | 'dispute-closed'
  authorizationId: string
  amount: Amount
  /** The provider's word for the refund, where it is about one. */
  refund?: string
  detail: string
  /** It follows from a request of ours, and is in the books by that. */
  isOurs: boolean
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
