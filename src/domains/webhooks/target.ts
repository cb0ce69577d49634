import { isIP } from 'node:net'
import { Refusal } from '#http'
import { isPublicAddress, withoutBrackets } from './deliver/addresses.ts'

const MOST = 2_000

/**
 * The URL of an endpoint in its one spelling: what names an address in another way (`http://2130706433`, `http://0x7f.1`) shows it then.
 * Where a name leads is looked at by each delivery, because it may change.
 * @throws Refusal `webhook-url-refused`
 */
export function readTarget(text: string, targets: 'public' | 'any'): string {
  const url = text.length <= MOST && URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refused(`must be a URL of https, at most ${MOST} characters long`)
  if (url.username || url.password) throw refused('must not hold a user or password: verify the signature')
  url.hash = ''
  if (targets === 'any') return url.href
  if (url.protocol !== 'https:') throw refused('must be a URL of https')
  const host = withoutBrackets(url.hostname)
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused('must lead to an address of the internet')
  if (isIP(host) === 0 && !host.includes('.')) throw refused('must have a full host name, such as shop.example')
  return url.href
}

const refused = (detail: string) =>
  new Refusal('invalid', 'webhook-url-refused', `The url ${detail}.`, { faults: [{ pointer: '/url', detail }] })
