export { messagingJobs } from './messaging-jobs.ts'
export { schedules } from './schedules.ts'
export { startScheduler } from './scheduler.ts'
