export { listRunning, RUNNING, type RunningProcesses } from './list-running.ts'
export { reportProcess, type ProcessReport, type ReportedProcess } from './report-process.ts'
