import { isIPv6 } from 'node:net'
import type { Request, Response } from 'express'
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
  /** Of somebody whose key this process does not know: before anybody looks the key up. @throws Problem 429 */
  stranger(request: Request, response: Response): Promise<void>
  /** @throws Problem 429 */
  client(clientId: string, response: Response): Promise<void> | void
}

/** `perAddress` and `perClient` are counted over all processes in Redis; without one, in this process. */
export function createLimits({ perClient, perAddress }: Rates, redis?: Redis): Limits {
  const clients: Named = { name: 'client', perSecond: perClient, limit: createLimit('client', perClient, redis) }
  const addresses: Named = { name: 'address', perSecond: perAddress, limit: createLimit('address', perAddress, redis) }
  return {
    stranger: async ({ ip }, response) => tell(response, addresses, await addresses.limit.take(networkOf(ip ?? ''))),
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

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
function tell(response: Response, { name, perSecond }: Named, { allowed, remaining, resetS }: Taken): void {
  response.setHeader('RateLimit-Policy', `"${name}";q=${perSecond * WINDOW_S};w=${WINDOW_S}`)
  response.setHeader('RateLimit', `"${name}";r=${remaining};t=${resetS}`)
  if (allowed) return
  const whose = name === 'client' ? 'this client' : 'this address without a known key'
  throw new Problem(429, 'too-many-requests', `At most ${perSecond} requests a second of ${whose} are taken.`, {
    headers: { 'Retry-After': String(resetS) },
  })
}

/** One subscriber has the lower half of an IPv6 address to choose from (RFC 6177): its upper half tells who it is. */
function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip
  const [head = '', tail] = ip.split('::')
  const groups = head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail?.split(':') ?? [])]
  return all.slice(0, 4).join(':')
}
