import type { ServerResponse } from 'node:http'
import type { Redis } from 'ioredis'
import { Problem } from '#http'
import { createLimit, WINDOW_S, type Limit, type Taken } from './limit.ts'

export interface Rates {
  /** Requests a second of one client. */
  perClient: number
  /** Requests a second from one address, without a key that is known here. */
  perAddress: number
}

/** Counts requests, tells callers how they stand, and refuses what is too much. */
export interface Limits {
  /** The refusal of a stranger at an address of which nothing is left; undefined when it has to be counted. Asks nobody. */
  spent(address: string): Problem | undefined
  /** Of somebody whose key this process does not know: before anybody looks the key up. @throws Problem 429 */
  stranger(address: string, response: ServerResponse): Promise<void>
  /** @throws Problem 429 */
  client(clientId: string, response: ServerResponse): Promise<void> | void
}

/** `perAddress` and `perClient` are counted over all processes in Redis; without one, in this process. */
export function createLimits({ perClient, perAddress }: Rates, redis?: Redis): Limits {
  const clients: Named = { name: 'client', perSecond: perClient, limit: createLimit('client', perClient, redis) }
  const addresses: Named = { name: 'address', perSecond: perAddress, limit: createLimit('address', perAddress, redis) }
  return {
    spent(address) {
      const taken = addresses.limit.spent(address)
      return taken && refusal(addresses, taken)
    },
    stranger: async (address, response) => tell(response, addresses, await addresses.limit.take(address)),
    client(clientId, response) {
      const taken = clients.limit.take(clientId)
      return taken instanceof Promise
        ? taken.then((later) => tell(response, clients, later))
        : tell(response, clients, taken)
    },
  }
}

interface Named {
  name: string
  perSecond: number
  limit: Limit
}

function tell(response: ServerResponse, named: Named, taken: Taken): void {
  if (!taken.allowed) throw refusal(named, taken)
  for (const [name, value] of Object.entries(standing(named, taken))) response.setHeader(name, value)
}

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
const standing = ({ name, perSecond }: Named, { remaining, resetS }: Taken) => ({
  'RateLimit-Policy': `"${name}";q=${perSecond * WINDOW_S};w=${WINDOW_S}`,
  RateLimit: `"${name}";r=${remaining};t=${resetS}`,
})

function refusal(named: Named, taken: Taken): Problem {
  const whose = named.name === 'client' ? 'this client' : 'this address without a known key'
  return new Problem(429, 'too-many-requests', `At most ${named.perSecond} requests a second of ${whose} are taken.`, {
    headers: { ...standing(named, taken), 'Retry-After': String(taken.resetS) },
  })
}
