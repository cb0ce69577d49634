/** What the command line asks for. */
export interface Options {
  rounds: number
  seconds: number
  withoutMail: boolean
  /** Stored events to measure with. */
  events: number[]
  /** Where processor profiles go; none are made without it. */
  profiles: string | undefined
}
