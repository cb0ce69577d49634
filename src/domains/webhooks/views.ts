import type { z } from 'zod'
import type { Endpoint } from './endpoints.ts'
import type { EndpointView } from './schemas.ts'

export const momentOf = (at: Date | null) => at?.toISOString() ?? null

/** What a client sees of its endpoint. */
export function toView(endpoint: Endpoint): z.infer<typeof EndpointView> {
  const { clientId: _client, salt: _salt, previousSalt: _previous, previousUntil, disabledAt: _at, ...rest } = endpoint
  return {
    ...rest,
    enabled: endpoint.disabledBecause === null,
    failingSince: momentOf(endpoint.failingSince),
    lastDeliveredAt: momentOf(endpoint.lastDeliveredAt),
    createdAt: endpoint.createdAt.toISOString(),
    previousSecretUntil: previousUntil !== null && previousUntil > new Date() ? previousUntil.toISOString() : null,
  }
}
