import { readFileSync } from 'node:fs'

const LONGEST_LINE = 300

/** The last lines of a log that say something, for the sentence that says why a service did not start. */
export function lastLines(file: string, count: number): string[] {
  const lines = logOf(file).split('\n')
  return lines
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => line.slice(0, LONGEST_LINE))
}

/** Empty where nothing was logged. */
export function logOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
