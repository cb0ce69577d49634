import { z } from 'zod'
import type { Hold } from '../port.ts'

interface Page {
  holds: Hold[]
  isLast: boolean
}

/** One page of the gateway's list. @throws ZodError when it is none */
export const readPage = (answer: unknown): Page => Listed.parse(answer)

const Authorization = z
  .object({
    id: z.string(),
    reference: z.string(),
    state: z.enum(['authorized', 'captured']),
    amount: z.int(),
    currency: z.string(),
    created: z.coerce.date(),
  })
  .transform(({ id, amount, currency, ...hold }) => ({ ...hold, authorizationId: id, amount: { amount, currency } }))

const Listed = z
  .object({ data: z.array(Authorization), has_more: z.boolean() })
  .transform(({ data, has_more: hasMore }) => ({ holds: data, isLast: !hasMore }))

/** Asks for the open ones that were created since then; newest first. */
export const openSince = (since: Date) =>
  new URLSearchParams({ state: 'authorized,captured', created_from: since.toISOString(), limit: '500' })
