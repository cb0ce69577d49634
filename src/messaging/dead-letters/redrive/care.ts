/** How carefully many dead letters are redriven where nobody says otherwise: what the console begins with, commands suggest, and the policy does. */
export const CARE = {
  /** So many first, and the rest only when they fare well. */
  canary: 10,
  /** Deliveries per second. */
  rate: 20,
  /** From 0 to 1: stops when a larger share of them fails again. */
  haltAbove: 0.1,
}
