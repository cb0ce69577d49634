import { readFileSync } from 'node:fs'

/** The last lines of a log, for the sentence that says why something did not start. */
export function endOfLog(file: string, lines = 5): string {
  try {
    const end = readFileSync(file, 'utf8').trim().split('\n').slice(-lines).join('\n')
    return `The end of ${file}:\n${end}`
  } catch {
    return `It left no log in ${file}.`
  }
}
