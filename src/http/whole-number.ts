import { z } from 'zod'

/** A parameter of a path or query in decimal digits alone: `0x10`, `1e1` and ` 5` are none. */
export const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given),
    z.int(`must be a whole number from ${min} to ${max}`).min(min).max(max),
  )

/** A query parameter: how many a page holds; 20 when it is left out. */
export const pageLimit = wholeNumber(1, 100).default(20)
