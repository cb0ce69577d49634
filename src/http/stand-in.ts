import { hash } from 'node:crypto'

/**
 * The id of something that an example needs, always the same for the same words: `standIn('delivered order')`. It looks like a
 * real one, a UUID of version 7; the test that sends the examples puts the id of a real thing in its place.
 */
export function standIn(what: string): string {
  const hex = hash('sha256', what, 'hex')
  return `019a9c4e-${hex.slice(0, 4)}-7${hex.slice(4, 7)}-8${hex.slice(7, 10)}-${hex.slice(10, 22)}`
}
