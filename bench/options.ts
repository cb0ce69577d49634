/** What the command line asks for. */
export interface Options {
  rounds: number
  seconds: number
  withoutMail: boolean
  /** One reaction to order.placed for `react` to measure in place of its usual ones. */
  reaction: string | undefined
  /** One of the peers in place of all. */
  peer: string | undefined
  /** Stored events to measure with. */
  events: number[]
  /** Length of the soak. */
  minutes: number
  /** Orders a second during the soak. */
  rate: number
  /** Microseconds that PostgreSQL waits before it flushes a commit, as a slower disk would; 0 leaves the disk as it is. */
  flushUs: number
  /** Where processor profiles go; none are made without it. */
  profiles: string | undefined
}
