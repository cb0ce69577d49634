import { z } from 'zod'

/** The columns of a recorded event, as raw statements answer them under the names of `RecordedEvent`. */
export const eventColumns = {
  id: z.string(),
  type: z.string(),
  version: z.int(),
  stream: z.string(),
  streamVersion: z.int(),
  data: z.unknown(),
  correlationId: z.string(),
  causationId: z.string().nullable(),
  traceparent: z.string().nullable(),
  actor: z.string().nullable(),
  time: z.date(),
}
