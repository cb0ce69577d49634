import { z } from 'zod'

const MOST = 100

/** A query parameter: how many a page holds, 1 to 100 in decimal digits; 20 when it is left out. */
export const pageLimit = z
  .preprocess(
    (given) => (typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given),
    z.int(`must be a whole number from 1 to ${MOST}`).min(1).max(MOST),
  )
  .default(20)
