import type { IncomingHttpHeaders } from 'node:http'

/** Holds a key with the scope `admin`. Scripts of a page cannot read it, and no other site's request carries it. */
const COOKIE = 'fanfare_session'
export const SESSION_HOURS = 12

/** The key within the cookie of a signed-in console. */
export function keyInCookie({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  const found = cookie.split('; ').find((one) => one.startsWith(`${COOKIE}=`))
  return found?.slice(COOKIE.length + 1) || undefined
}

/** `Secure` where the browser came by HTTPS; `npm start` serves plain HTTP on this machine alone. */
export const cookieFor = (key: string, origin: string | undefined) =>
  `${COOKIE}=${key}; Path=/v1; HttpOnly; SameSite=Strict; Max-Age=${SESSION_HOURS * 3_600}${secure(origin)}`

export const endedCookie = (origin: string | undefined) =>
  `${COOKIE}=; Path=/v1; HttpOnly; SameSite=Strict; Max-Age=0${secure(origin)}`

const secure = (origin = '') => (origin.startsWith('https:') ? '; Secure' : '')

/** What browsers say of requests that their own page makes; older ones say nothing. */
const SAME: readonly unknown[] = [undefined, 'same-origin']

/**
 * A browser sends cookies with requests that other pages make it send; a header of our own only with those of our page, because
 * it would have to be allowed to others, and is to nobody.
 */
export const isOfConsole = (headers: IncomingHttpHeaders): boolean =>
  headers['x-fanfare-console'] === '1' && SAME.includes(headers['sec-fetch-site'])
