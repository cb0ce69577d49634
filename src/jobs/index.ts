export { schedules } from './schedules.ts'
export { startScheduler } from './scheduler.ts'
