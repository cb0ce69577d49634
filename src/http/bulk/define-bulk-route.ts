import type { z } from 'zod'
import type { Scope } from '../caller.ts'
import { defineRoute, type Route, type RouteRequest } from '../route.ts'
import { BulkOutcome } from './bulk-outcome.ts'
import { BULK, carryOutLines, type Carried } from './carry-out-lines.ts'

interface BulkDefinition<Line extends z.ZodType> {
  path: `/${string}`
  publishes: readonly { readonly type: string }[]
  operationId: string
  summary: string
  description: string
  tag: string
  scope: Scope
  /** The shape of a line. The same line again must change nothing. */
  line: Line
  example: z.input<Line>
  /** Carries lines out in their order, all or none: an outcome, or why it is refused, for each. */
  carryOut(
    items: readonly z.output<Line>[],
    request: Pick<RouteRequest<unknown, unknown, unknown>, 'caller' | 'traceparent'>,
  ): Promise<readonly Carried[]>
}

const LIMITS =
  `At most ${BULK.lines} lines of ${BULK.lineBytes / 1024} KiB each and ${BULK.bytes / 1024 / 1024} MiB in all; a line that is refused does not harm the others. ` +
  'Each line is answered by one with its number once it is stored, and the last line says `end`: without it the connection broke, and everything can be sent again.'

/** An operation for many things at once: NDJSON in, an outcome for each line as NDJSON out. */
export function defineBulkRoute<Line extends z.ZodType>(definition: BulkDefinition<Line>): Route {
  const { line, example, carryOut, description, ...rest } = definition
  return {
    ...defineRoute({
      ...rest,
      method: 'post',
      description: `${description} ${LIMITS}`,
      idempotency: 'itself',
      lines: line,
      replies: { 200: { description: 'An outcome for each line, and `end`', lines: BulkOutcome } },
      refusals: { 413: 'body-too-large', 415: 'unsupported-media-type' },
      handle: ({ chunks, caller, traceparent }) => ({
        status: 200,
        lines: carryOutLines(chunks, {
          line,
          carryOut: (items) => carryOut(items as z.output<Line>[], { caller, traceparent }),
        }),
      }),
    }),
    example: { body: example },
  }
}
