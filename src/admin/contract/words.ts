import { z } from 'zod'

export const Moment = z.iso.datetime()
export const Id = z.uuid()

/** A reaction of this release or of another one. */
export const ReactionName = z
  .string()
  .max(200)
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be the name of a reaction, such as inventory.reserve-stock')
  .meta({ examples: ['notification.email-customer'] })

export const ScheduleName = z
  .string()
  .max(200)
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be the name of a schedule, such as messaging.reconcile')
  .meta({ examples: ['order.expire-orders'] })

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

/** What must change before a delivery that was given up can succeed. */
export const FailureClass = z
  .enum(['dependency', 'data', 'code'])
  .describe('What failed: something that is called, the message itself, or everything else')

/** What an operator can do about dead letters of one cause. */
export const Advice = z
  .enum(['redrive', 'canary', 'edit', 'discard', 'deploy', 'start', 'wait'])
  .describe(
    '`canary`: redrive a few first. `deploy`: the release that failed still runs. `start`: no process has the reaction. `wait`: it still ' +
      'fails, or two releases run side by side',
  )

/** PostgreSQL's text holds neither NUL nor lone surrogates. */
export const Reason = z
  .string()
  .trim()
  .min(3)
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
  .describe('Why, for the audit table')
  .meta({ examples: ['The mail server is back'] })
