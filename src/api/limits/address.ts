import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/**
 * Where a request comes from, as limits count it: what the first of the trusted proxies says of its caller, in
 * `X-Forwarded-For`. Without proxies nobody is believed.
 */
export function addressOf({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const nearest = socket.remoteAddress ?? ''
  if (trustedProxies === 0) return networkOf(nearest)
  const told = headers['x-forwarded-for']
  const farther = told === undefined ? [] : String(told).split(',').reverse()
  return networkOf(
    [nearest, ...farther]
      .slice(0, trustedProxies + 1)
      .at(-1)!
      .trim(),
  )
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
