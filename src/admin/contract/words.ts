import { z } from 'zod'

export const Moment = z.iso.datetime()
export const Id = z.uuid()

/** A reaction of this release or of another one. */
export const ReactionName = z
  .string()
  .max(200)
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be the name of a reaction, such as inventory.reserve-stock')
  .meta({ examples: ['notification.email-customer'] })

/** What reactions call, as they name it. */
export const Dependency = z
  .string()
  .max(100)
  .regex(/^[a-z0-9-]+$/, 'must be the name of a dependency, such as payment-gateway')
  .meta({ examples: ['payment-gateway'] })

export const Fingerprint = z
  .string()
  .max(64)
  .regex(/^[0-9a-z]+$/, 'must be the fingerprint of a group')
  .meta({ examples: ['1f0c9a2e6b7d4c35'] })

/** PostgreSQL's text holds neither NUL nor lone surrogates. */
export const Reason = z
  .string()
  .trim()
  .min(3)
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
  .describe('Why, for the audit table')
  .meta({ examples: ['The mail server is back'] })
