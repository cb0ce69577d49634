import { lookup, Resolver } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { Agent, buildConnector, request } from 'undici'
import { isPublicAddress, withoutBrackets } from './addresses.ts'

/** How an endpoint has answered. */
export interface Answer {
  /** Null when there was none. */
  status: number | null
  /** Its first bytes. */
  answer: string | null
  error: string | null
  durationMs: number
  /** What it asks for by Retry-After. */
  retryAfterMs: number | undefined
  /** It was not asked at all, because there is nothing to send. */
  isUnsent?: true
}

export interface Sender {
  /** Never throws: what went wrong is an answer as well. */
  send(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer>
  close(): Promise<void>
}

interface SenderOptions {
  targets: 'public' | 'any'
  /** What an endpoint may take to answer, look-up and connection included. */
  timeoutMs: number
  /** The addresses of a name. @default by DNS */
  resolve?: (hostname: string) => Promise<readonly string[]>
}

/** Bytes of an answer that are kept, and read at most. */
const KEPT_BYTES = 1_024

/**
 * Sends to endpoints that strangers have named. A name is looked up once for each connection; every address that it has must be
 * of the internet, and the connection goes to one of those that were looked at. So a name that changes its address in
 * between leads nowhere else. Redirects are not followed. With `any` nothing of that is looked at.
 */
export function createSender({ targets, timeoutMs, resolve = resolverFor(targets) }: SenderOptions): Sender {
  const connect = buildConnector({ timeout: timeoutMs, lookup: checkedLookup(targets, resolve) })
  const agent = new Agent({
    pipelining: 1, // and as many connections as are asked for: endpoints of many clients may have one host
    connect(options, callback) {
      // Node asks nobody about what is an address already.
      const host = withoutBrackets(options.hostname)
      if (targets === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) callback(notPublic(), null)
      else connect(options, callback)
    },
  })
  return {
    async send(url, headers, body) {
      const began = performance.now()
      const asked = await ask({ agent, url, headers, body, timeoutMs }).catch((error: Error) => ({
        error: wordsOf(error),
      }))
      return {
        status: null,
        answer: null,
        error: null,
        retryAfterMs: undefined,
        ...asked,
        durationMs: Math.round(performance.now() - began),
      }
    },
    close: () => agent.destroy(),
  }
}

interface Asked {
  agent: Agent
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}

async function ask({ agent, url, headers, body, timeoutMs }: Asked) {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal })
  const answer = await firstBytes(response.body).catch(() => '')
  return { status: response.statusCode, answer, retryAfterMs: retryAfter(response.headers['retry-after']) }
}

/** The rest is not read, so an endless answer costs nothing. */
async function firstBytes(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    parts.push(part)
    size += part.length
    if (size >= KEPT_BYTES) break
  }
  body.destroy()
  const text = Buffer.concat(parts).subarray(0, KEPT_BYTES).toString('utf8')
  return text.replaceAll(/\p{Cc}/gu, ' ')
}

/** Seconds, or a date (RFC 9110). */
function retryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return ms > 0 ? ms : undefined
}

const notPublic = () => new Error('the host leads to an address that is not of the internet')

/** Both ways in which Node asks for addresses. */
function checkedLookup(targets: 'public' | 'any', resolve: NonNullable<SenderOptions['resolve']>): LookupFunction {
  const find = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname)
    if (addresses.length === 0) throw new Error(`the host ${hostname} has no address`)
    if (targets === 'public' && !addresses.every(isPublicAddress)) throw notPublic()
    return addresses.map((address) => ({ address, family: isIP(address) }))
  })
  return (hostname, { all }, callback) =>
    find(hostname, (error, addresses) => {
      if (error) callback(error, '')
      else if (all) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
}

/**
 * Into the internet by DNS itself: it waits for one name without holding up the look-ups of others, as the operating system's would
 * in four threads. Elsewhere names may stand in /etc/hosts.
 */
function resolverFor(targets: 'public' | 'any'): NonNullable<SenderOptions['resolve']> {
  if (targets === 'any') return async (name) => (await lookup(name, { all: true })).map(({ address }) => address)
  const dns = new Resolver({ timeout: 2_000, tries: 2 })
  return async (name) => {
    const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)])
    const addresses = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    if (addresses.length === 0) throw new Error(`the host ${name} is not found`, { cause: answers })
    return addresses
  }
}

/** For the client, who does not need to know where we are. */
function wordsOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time'
  const cause = error.cause instanceof Error ? error.cause : error
  const { code } = cause as NodeJS.ErrnoException
  return (cause.message || code || cause.name).slice(0, 300)
}
