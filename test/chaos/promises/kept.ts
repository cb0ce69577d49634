/** A promise and everything that breaks it; none is as it should be. */
export interface Kept {
  promise: string
  broken: readonly string[]
}
