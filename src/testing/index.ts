export * from './builders.ts'
export { requireTestService, testDatabase, type TestDatabase } from './database.ts'
export { deadline } from './deadline.ts'
export { react, record, type Reacted } from './react.ts'
