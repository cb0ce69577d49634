import { CommanderError } from 'commander'
import {
  ArchiveRefused,
  DependencyUnavailable,
  NotApplied,
  ProjectionRefused,
  ReplayRefused,
  Refused,
  UnreadableEvent,
} from '#messaging'
import { Refusal } from '#http'
import { StartupError } from '#platform/config'
import { isDatabaseOutage, placesOf, sqlStateOf } from '#platform/database'
import { host } from './host.ts'
import { EXIT, warn } from './terminal/output.ts'

let code: number = EXIT.ok

/** Makes what an action answers the exit code of the command line. */
export const exits =
  (action: (...given: never[]) => Promise<number>) =>
  async (...given: unknown[]): Promise<void> => {
    code = await action(...(given as never[]))
  }

/** Runs a parsed command line to its end. @returns the exit code */
export async function exitCodeOf(parsing: () => Promise<unknown>): Promise<number> {
  code = EXIT.ok
  try {
    await parsing()
    return code
  } catch (error) {
    return tellFailure(error)
  }
}

const SENTENCES = [
  Refusal,
  Refused,
  ProjectionRefused,
  NotApplied,
  ReplayRefused,
  ArchiveRefused,
  UnreadableEvent,
  StartupError,
  DependencyUnavailable,
]

/** Says what went wrong, with a stack only where it is a fault of ours. @returns the exit code */
function tellFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.refused
  const sentence = sentenceOf(error)
  warn(sentence ?? (error as Error).stack ?? String(error))
  return sentence === undefined ? EXIT.failed : EXIT.refused
}

function sentenceOf(error: unknown): string | undefined {
  if (SENTENCES.some((kind) => error instanceof kind)) return (error as Error).message
  if ((error as Error).name === 'SetupError') return (error as Error).message // of the host
  const told = DATABASE_SENTENCES[sqlStateOf(error) ?? '']
  if (told) return `${told} (${messageOf(error)})`
  if (isDatabaseOutage(error))
    return `PostgreSQL at ${databasePlace()} cannot be reached: does it run, and is DATABASE_URL right?`
  return undefined
}

/** PostgreSQL's own words: the last part of what a client makes of them. */
const messageOf = (error: unknown) => /Message: `(.*)`/s.exec((error as Error).message)?.[1] ?? (error as Error).message

const NOT_MIGRATED = 'The database lacks what this version needs; npm start migrates it, or npx prisma migrate deploy.'
const NOT_ALLOWED = 'PostgreSQL refuses the user or password of DATABASE_URL.'

const DATABASE_SENTENCES: Record<string, string> = {
  '42P01': NOT_MIGRATED, // undefined table
  '42703': NOT_MIGRATED, // undefined column
  '28P01': NOT_ALLOWED,
  '28000': NOT_ALLOWED,
  '3D000': 'The database that DATABASE_URL names does not exist.',
}

/** Host and port of each server, without the password. */
const databasePlace = () =>
  placesOf(host().env['DATABASE_DIRECT_URL'] || host().env['DATABASE_URL'] || '') || 'DATABASE_URL'
