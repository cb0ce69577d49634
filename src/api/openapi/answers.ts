import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface RecordedAnswer {
  status: number
  body?: unknown
}

/** Recorded by the test that sends the examples of all operations; see docs/api.md. */
export const ANSWERS = path.join(import.meta.dirname, 'answers.json')

let known: Readonly<Record<string, RecordedAnswer>> | undefined

/** By operationId: what the example of an operation was answered. */
export const recordedAnswers = () => (known ??= read())

const read = () =>
  existsSync(ANSWERS) ? (JSON.parse(readFileSync(ANSWERS, 'utf8')) as Record<string, RecordedAnswer>) : {}

/** The body that the document shows as the example of an answer. */
export function answerOf(operationId: string, status: number): unknown {
  const recorded = recordedAnswers()[operationId]
  return recorded?.status === status ? recorded.body : undefined
}
