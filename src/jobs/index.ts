export { messagingJobs } from './messaging-jobs.ts'
export { recordRuns } from './record-runs.ts'
export { schedules } from './schedules.ts'
export { startScheduler } from './scheduler.ts'
