import type { AnyEventType } from '../define-event.ts'

/** A definition as it may really come: written in JavaScript, or past the compiler. */
interface Given {
  name?: unknown
  on?: unknown
  version?: unknown
  tables?: unknown
  from?: unknown
  batchSize?: unknown
  apply?: unknown
}

const OPTIONS = ['name', 'on', 'version', 'tables', 'from', 'batchSize', 'personalData', 'apply']
const NAME = /^[a-z]+(-[a-z0-9]+)*\.[a-z]+(-[a-z0-9]+)*$/
/** PostgreSQL's 63 bytes for the name of a schema, less what ours put around it. */
const LONGEST_NAME = 45

/** @throws TypeError with the sentence that says what is wrong with a projection's definition */
export function checkProjection(given: Given): void {
  const refuse = (sentence: string): never => {
    throw new TypeError(`Projection '${String(given.name)}' ${sentence}`)
  }
  if (typeof given.name !== 'string' || !NAME.test(given.name) || given.name.length > LONGEST_NAME)
    refuse(`must be named <folder>.<file>, such as analytics.sales, in at most ${LONGEST_NAME} letters`)
  if (/-(old|shadow)$/.test(given.name as string))
    refuse('must not end in -old or -shadow: a rebuild makes such schemas')
  const unknown = Object.keys(given).find((option) => !OPTIONS.includes(option))
  if (unknown) refuse(`has an unknown option '${unknown}'; there are: ${OPTIONS.join(', ')}`)
  const types = [given.on].flat() as (AnyEventType | undefined)[]
  if (types.length === 0 || types.some((type) => typeof type?.type !== 'string'))
    refuse('is on something that is not an event type: import it from src/events')
  if (!Number.isInteger(given.version ?? 1) || Number(given.version ?? 1) < 1)
    refuse('has a version that is not 1, 2, …')
  if (!Array.isArray(given.tables) || given.tables.length === 0)
    refuse('owns no tables: say in `tables` how they are made')
  if (!['beginning', 'now', undefined].includes(given.from as string)) refuse(`begins 'beginning' or 'now'`)
  if (typeof given.apply !== 'function') refuse('needs a function `apply`')
}
