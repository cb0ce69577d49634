/** What the gateway is asked for: integer minor units and an ISO 4217 code. */
export interface Amount {
  amount: number
  currency: string
}
