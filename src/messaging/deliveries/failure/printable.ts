import { plainMessage } from '#platform/database'

/** Longest stack that is stored, in characters. */
const MAX_STACK = 8 * 1024

/** PostgreSQL's text holds neither NUL nor half a surrogate pair, and nobody reads a megabyte of message. */
export function printable(text: string, max: number): string {
  return text
    .slice(0, max)
    .replaceAll('\0', '\\0')
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}

/** The columns that tell of an error. */
export function errorColumns(error: Error) {
  const { name, stack } = error
  return {
    error_name: printable(name, 200),
    error_message: printable(plainMessage(error), 2_000),
    stack: stack === undefined ? null : printable(stack, MAX_STACK),
  }
}
