/** What a provider is asked for: integer minor units and an ISO 4217 code. */
export interface Amount {
  amount: number
  currency: string
}

/** What an authorization is by the provider's word. */
export type GatewayState = 'authorized' | 'captured' | 'voided' | 'refunded'

/** The provider's own word; a refusal is a result, not an error. */
export type GatewayAnswer =
  | { ok: true; authorizationId: string }
  /** `state` tells what the authorization is instead, where that was the reason. */
  | { ok: false; code: string; detail: string; state?: GatewayState }

export interface Call {
  /** Names the effect, such as `authorize:<order>`: the provider does it once, however often it is asked. */
  idempotencyKey: string
  signal: AbortSignal
}

/** Money that is to be held. */
export interface Wanted {
  amount: Amount
  /** Names the payment method at the provider. */
  token: string
  /** Our word for it: the order. */
  reference: string
}

/** Money that the provider holds or has taken. */
export interface Hold {
  authorizationId: string
  /** What the order's number was when it was authorized. */
  reference: string
  state: 'authorized' | 'captured'
  amount: Amount
  created: Date
}

/** How many movements of a kind there were, and minor units in all. */
interface Sum {
  count: number
  amount: number
}

/**
 * A payment provider. It answers what it has decided. What else may happen is one of four errors: `DependencyUnavailable` (it is
 * away, or does not know our credentials), `RetryLater` (it is still at work on this), `Unrecoverable` (asked again, it is the same),
 * and any other `Error` (this request is tried again). After an error it may or may not have acted: ask again with the same key.
 * One suite, `contract.int.test.ts`, holds every implementation to this.
 */
export interface PaymentGateway {
  /** For sentences: whose it is, and where. */
  readonly name: string
  /**
   * Makes the provider's record of a hold, which holds nothing yet. Its id is to be kept before `authorize` is asked with it: however
   * late that is asked again, it is about the same record. Left out where keys are remembered for ever. A refusal is one of the hold.
   */
  prepare?(wanted: Wanted, call: Call): Promise<GatewayAnswer>
  /** Holds the money. @param prepared the id that `prepare` has answered */
  authorize(wanted: Wanted & { prepared?: string | undefined }, call: Call): Promise<GatewayAnswer>
  /** Takes what is held. */
  capture(authorizationId: string, call: Call): Promise<GatewayAnswer>
  /** Lets go of what is held. */
  void(authorizationId: string, call: Call): Promise<GatewayAnswer>
  /** Gives back a part of what was taken. What may be a part is never taken for done because all has gone back. */
  refundPart(authorizationId: string, part: Amount, call: Call): Promise<GatewayAnswer>
  /** Gives back the rest of what was taken. That all has gone back already is as good. */
  refund(authorizationId: string, call: Call, rest: Amount): Promise<GatewayAnswer>
  /** What it holds or has taken of what was authorized since then, newest first, page by page. */
  open(since: Date): AsyncGenerator<readonly Hold[]>
  /** All that it has ever moved, by currency and kind. Left out where a provider counts no such sums. */
  totals?(signal: AbortSignal): Promise<Record<string, Record<GatewayState, Sum>>>
}
