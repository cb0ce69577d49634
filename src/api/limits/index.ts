export { addressOf } from './address.ts'
export { createLimits, type Limits } from './limits.ts'
export { openLimitStore } from './redis.ts'
