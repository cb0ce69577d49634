// What the console reads and sends. Types alone leave this folder for the browser.
export * from './dead-letters.ts'
export * from './invariants.ts'
export * from './metrics.ts'
export * from './orders.ts'
export * from './overview.ts'
export * from './reactions.ts'
export * from './schedules.ts'
