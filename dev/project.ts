import path from 'node:path'

/** The folder of this project. */
export const PROJECT = path.resolve(import.meta.dirname, '..')

/** Something the person at the keyboard can put right: printed as one sentence, without a stack trace. */
export class SetupError extends Error {
  override name = 'SetupError'
}
