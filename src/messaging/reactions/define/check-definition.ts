import type { AnyEventType } from '../../define-event.ts'

/** A definition as it may really come: written in JavaScript, or past the compiler. */
interface Given {
  name?: unknown
  on?: unknown
  publishes?: unknown
  call?: unknown
  dependency?: unknown
  handle?: unknown
  handleBatch?: unknown
  concurrency?: number
  ordered?: boolean
  from?: unknown
  enabled?: unknown
  retry?: object
}

const OPTIONS = new Set(
  `name on publishes call effect handle handleBatch retry callTimeoutMs callConcurrency concurrency prefetch batchSize lingerMs ordered fromStream personalData from dependency enabled`.split(
    ' ',
  ),
)
const RETRY_OPTIONS = new Set(['attempts', 'delaysMs', 'poisonAfter'])
const DEPENDENCY = /^[a-z]+(-[a-z0-9]+)*$/
const NAME = /^[a-z]+(-[a-z0-9]+)*\.[a-z]+(-[a-z0-9]+)*$/

/** @throws TypeError with the sentence that says what is wrong with a reaction's definition, and what to do */
export function checkDefinition(given: Given): void {
  const refuse = (sentence: string): never => {
    throw new TypeError(`Reaction '${String(given.name)}' ${sentence}`)
  }
  if (typeof given.name !== 'string' || !NAME.test(given.name))
    refuse('must be named <folder>.<file>, such as inventory.reserve-stock')
  for (const option of unknownAmong(given, OPTIONS))
    refuse(`has an unknown option '${option}'; there are: ${[...OPTIONS].join(', ')}`)
  for (const option of unknownAmong(given.retry ?? {}, RETRY_OPTIONS))
    refuse(`has an unknown option 'retry.${option}'; there are: ${[...RETRY_OPTIONS].join(', ')}`)
  const [on, publishes] = [given.on, given.publishes ?? []].map(listOf)
  if (on!.length === 0) refuse('is on no event: name one in `on`')
  checkEventTypes('on', on!, refuse)
  checkEventTypes('publishes', publishes!, refuse)
  if (isFunction(given.handle) === isFunction(given.handleBatch))
    refuse(`needs one of handle and handleBatch, and has ${given.handle ? 'both' : 'none'}`)
  if (given.call !== undefined && !isFunction(given.call)) refuse('has a call that is not a function')
  if (given.enabled !== undefined && !isFunction(given.enabled))
    refuse('has an enabled that is not a function: it is asked whenever a process begins')
  const { dependency } = given
  if (dependency !== undefined && !(given.call && typeof dependency === 'string' && DEPENDENCY.test(dependency)))
    refuse('names a dependency, such as payment-gateway, only where it has a call that needs it')
  if (!['beginning', 'now', undefined].includes(given.from as string)) refuse(`begins 'beginning' or 'now'`)
  if (given.from === 'beginning' && given.call)
    refuse(
      `acts outside of the database (it has a call), so it does not begin with history by itself: run fanfare replay ${given.name as string}`,
    )
  if (given.ordered && (given.call || (given.concurrency ?? 1) > 1))
    refuse(
      'is ordered, so it has no call and a concurrency of 1: calls and concurrent batches cannot keep the order of each stream',
    )
}

const listOf = (types: unknown) => (Array.isArray(types) ? types : [types]) as (AnyEventType | undefined)[]

function checkEventTypes(
  option: 'on' | 'publishes',
  types: readonly (AnyEventType | undefined)[],
  refuse: (sentence: string) => never,
) {
  const wrong = types.findIndex((type) => typeof type?.type !== 'string')
  if (wrong >= 0)
    refuse(
      `${option === 'on' ? 'is on' : 'publishes'} something that is not an event type (${String(types[wrong])}${types.length > 1 ? `, number ${wrong + 1} in \`${option}\`` : ''}): import it from src/events, and look whether it is spelled as it is exported there`,
    )
  if (new Set(types.map((type) => type!.type)).size !== types.length) refuse('names an event type twice')
}

const isFunction = (value: unknown) => typeof value === 'function'
const unknownAmong = (given: object, known: ReadonlySet<string>) => Object.keys(given).filter((key) => !known.has(key))
