import { z } from 'zod'
import { Problem } from './problem.ts'

/** What a query of a read model takes to contain the caller's own change: the value of a `Fanfare-After` header. */
export const after = z
  .string()
  .max(200)
  .regex(/^(\d{1,18}|[\w.:-]+@\d{1,9})$/, 'must be a Fanfare-After or Fanfare-Position of an earlier answer')
  .optional()
  .meta({
    description:
      'Waits until the answer contains this: the Fanfare-After of a change, or the Fanfare-Position of another answer',
    examples: ['1042'],
  })

/** For the OpenAPI document: the headers of `currentHeaders`. */
export const CURRENT_HEADERS = {
  'Fanfare-Position': 'Everything up to this position of the event store is in the answer',
  'Fanfare-As-Of': 'When the event at that position was stored',
}

/** For the OpenAPI document: the refusals below. */
export const CURRENT_REFUSALS = { 503: 'read-model-not-built', 504: 'not-current-yet' }

/** Says how far the answer of a read model reaches. */
export const currentHeaders = ({ position, asOf }: { position: bigint; asOf: Date | null }) => ({
  'Fanfare-Position': String(position),
  ...(asOf && { 'Fanfare-As-Of': asOf.toISOString() }),
})

interface Late {
  after: string
  position: bigint
  asOf: Date | null
  state: string
}

/** Somebody has waited in vain for his own change to be in the answer. */
export function tooEarly({ after: wanted, position, asOf, state }: Late): Problem {
  const when = asOf ? `, stored at ${asOf.toISOString()}` : ''
  const standing = state === 'running' ? '' : ` It is ${state}.`
  return new Problem(
    504,
    'not-current-yet',
    `The answer would not contain ${wanted} yet: it reaches to position ${position}${when}.${standing} Ask again, or without \`after\`.`,
    { headers: { 'Retry-After': '1', ...currentHeaders({ position, asOf }) } },
  )
}

export const notBuilt = (projection: string, cause?: unknown) =>
  new Problem(
    503,
    'read-model-not-built',
    `The tables of ${projection} are not there, or of another version: an operator rebuilds them.`,
    {
      headers: { 'Retry-After': '10' },
      cause,
    },
  )
