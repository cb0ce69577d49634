/** What the command line asks for. */
export interface Options {
  rounds: number
  seconds: number
  withoutMail: boolean
  /** One reaction to order.placed for `react` to measure in place of its usual ones. */
  reaction: string | undefined
  /** Stored events to measure with. */
  events: number[]
  /** Where processor profiles go; none are made without it. */
  profiles: string | undefined
}
