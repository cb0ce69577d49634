import { z } from 'zod'
import { paragraphs, text } from '#http'
import { AddressInput } from './customer.ts'

const METADATA = { keys: 50, value: 500 }
const MetadataKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/)
  .meta({ examples: ['campaign'] })
const KEY_RULE = 'its name must be A-Z, a-z, 0-9, _, . and -, at most 40 characters, a letter or digit first'

export const reference = text(1, 100, 'web-2026-118')
const metadata = z
  .preprocess(
    refusePrototype,
    z
      .record(MetadataKey, text(1, METADATA.value, 'spring-sale'), {
        error: ({ code }) => (code === 'invalid_key' ? KEY_RULE : undefined),
      })
      .refine((given) => Object.keys(given).length <= METADATA.keys, `may have at most ${METADATA.keys} keys`),
  )
  .meta({ examples: [{ campaign: 'spring-sale' }] })

/** zod leaves this one key out of a record without a word, and the client would believe that it is kept. */
function refusePrototype(given: unknown, context: z.RefinementCtx): unknown {
  if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: KEY_RULE })
  return given
}

/** What an order carries for the client, beside customer, address and goods. */
export const carried = {
  billingAddress: AddressInput.optional().describe('Left out where it is the address of shipping'),
  reference: reference
    .optional()
    .describe(
      'Your own name of the order, unique among the orders of your client (live and test apart). It is stored in the clear: it must say nothing of a person.',
    ),
  note: paragraphs(1, 2_000, 'Please leave it with the neighbour')
    .optional()
    .describe('What the customer asks for. It is kept sealed, as names and addresses are'),
  metadata: metadata
    .optional()
    .describe(
      `Yours, for programs: at most ${METADATA.keys} keys, values of ${METADATA.value} characters. It is stored in the clear and goes out with webhooks: it must say nothing of a person.`,
    ),
}
