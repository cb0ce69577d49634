import { readFileSync } from 'node:fs'

interface Results {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  numRuntimeErrorTestSuites: number
}

/**
 * One line such as `12 passed, 0 failed`, with `, 1 skipped` where tests were. A test file that could not run at all
 * counts as one failure, and so does a run that left no results.
 */
export function readSummary(resultsFile: string, exitCode: number): string {
  try {
    return summarise(JSON.parse(readFileSync(resultsFile, 'utf8')) as Results)
  } catch {
    return `0 passed, ${exitCode === 0 ? 0 : 1} failed`
  }
}

export function summarise(results: Results): string {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
  const skipped = results.numPendingTests + results.numTodoTests
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
