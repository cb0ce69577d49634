import { readSummary, summarise } from './summary.ts'

const results = {
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
}

it('counts what passed and failed', () => {
  expect(summarise({ ...results, numFailedTests: 2 })).toBe('12 passed, 2 failed')
})

it('counts a file that could not run as a failure', () => {
  expect(summarise({ ...results, numRuntimeErrorTestSuites: 1 })).toBe('12 passed, 1 failed')
})

it('tells skipped tests apart', () => {
  expect(summarise({ ...results, numPendingTests: 1, numTodoTests: 2 })).toBe('12 passed, 0 failed, 3 skipped')
})

it('counts a run without results by its exit code', () => {
  expect(readSummary('/nowhere/results.json', 1)).toBe('0 passed, 1 failed')
  expect(readSummary('/nowhere/results.json', 0)).toBe('0 passed, 0 failed')
})
