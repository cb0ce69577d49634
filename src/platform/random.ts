import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8_192

let pool = Buffer.alloc(0)
let used = 0

/**
 * Random bytes of the system's generator, which nobody else is given. Thousands are fetched at once: to fetch a few takes as long.
 * @param count at most 8,192
 */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES)) // a new one: what was given before belongs to whoever has it
    used = 0
  }
  return pool.subarray(used, (used += count))
}
