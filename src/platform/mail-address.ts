import { domainToASCII } from 'node:url'

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\u0000-\u007f]*$/
/** What RFC 5321 allows unquoted, and letters and digits of any script (RFC 6531). */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const DOMAIN = new RegExp(`^(${LABEL}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
/** Octets of a local part, and of an address (RFC 5321, 4.5.3.1). */
const MOST = { local: 64, address: 254 }

/** Divides at the last `@`; the domain in lower case and ASCII (IDNA), empty where it is none. */
function partsOf(address: string) {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1).toLowerCase()
  return { local: address.slice(0, Math.max(0, at)), domain: ASCII.test(domain) ? domain : domainToASCII(domain) }
}

/** Whether mail can be sent there, as far as its form tells: no quotes, no comments, no lists; scripts of all languages. */
export function isMailAddress(address: string): boolean {
  const { local, domain } = partsOf(address)
  const bytes = Buffer.byteLength(local)
  return LOCAL.test(local) && DOMAIN.test(domain) && bytes <= MOST.local && bytes + 1 + domain.length <= MOST.address
}

/**
 * One text for all the ways in which one address is written: capitals or not, composed characters or not (NFC), the domain in its own
 * script or as `xn--`. People are found by it. Of an address in ASCII it is the address in lower case.
 */
export function mailKey(address: string): string {
  const text = address.trim().normalize('NFC').toLowerCase().normalize('NFC')
  const { local, domain } = partsOf(text)
  return domain === '' || local === '' ? text : `${local}@${domain}`
}
