import { z } from 'zod'
import { allows, defineRoute, Problem, type Route } from '#http'
import type { Database } from '#platform/database'
import type { ApiKeys } from '../keys/index.ts'
import { cookieFor, endedCookie, keyInCookie } from './cookie.ts'
import { endSession, useLink } from './sessions.ts'

const Key = z
  .string()
  .max(200)
  .regex(/^[\x21-\x7e]+$/, 'must be a key')
  .meta({ examples: ['fanfare_a_key_with_the_scope_admin'] })
const SignIn = z
  .union([
    z.strictObject({ key: Key.describe('A key with the scope admin') }),
    z.strictObject({ link: Key.describe('What stands behind #sign-in= in a link of `fanfare console`') }),
  ])
  .meta({ id: 'SignIn' })
const Session = z
  .strictObject({ client: z.string(), actor: z.string().describe('As the audit log names whoever is signed in') })
  .meta({ id: 'Session' })

const tag = 'Operators'
const path = '/v1/admin/session'
const COOKIE = { 'Set-Cookie': 'The session, readable by no script' }
const CSRF = 'Only requests with the header `X-Fanfare-Console: 1` are taken with the cookie, unless they only read.'

/** Signing a browser in and out. Programs send their key with each request and need none of this. */
export function sessionRoutes({ db, keys }: { db: Database; keys: ApiKeys }): Route[] {
  return [
    defineRoute({
      method: 'post',
      path,
      operationId: 'signIn',
      summary: 'Sign a browser in with a key, or with a link that holds once',
      description: CSRF,
      tag,
      public: true,
      idempotency: 'itself',
      body: SignIn,
      example: { body: { key: 'fanfare_a_key_with_the_scope_admin' } },
      replies: { 200: { description: 'Signed in for twelve hours', schema: Session, headers: COOKIE } },
      refusals: { 401: 'invalid-api-key, link-used', 403: 'missing-scope' },
      async handle({ body, header }) {
        const key = 'link' in body ? await useLink(db, body.link) : body.key
        if (key === undefined)
          throw new Problem(401, 'link-used', 'This link was used, or is older than ten minutes. Ask for another one.')
        const caller = await keys.callerOf(key)
        if (!caller)
          throw new Problem(401, 'invalid-api-key', 'This API key is not known, has expired, or was revoked.')
        if (!allows(caller, 'admin')) throw new Problem(403, 'missing-scope', 'This needs a key with the scope admin.')
        const { client, actor } = caller
        return { status: 200, headers: { 'Set-Cookie': cookieFor(key, header('origin')) }, body: { client, actor } }
      },
    }),
    defineRoute({
      method: 'get',
      path,
      operationId: 'getSession',
      summary: 'Who is signed in',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'Whoever asks', schema: Session } },
      handle: ({ caller: { client, actor } }) => ({ status: 200, body: { client, actor } }),
    }),
    defineRoute({
      method: 'delete',
      path,
      operationId: 'signOut',
      summary: 'Sign a browser out',
      tag,
      scope: 'admin',
      idempotency: 'itself',
      replies: { 204: { description: 'Signed out', headers: COOKIE } },
      async handle({ header }) {
        const key = keyInCookie({ cookie: header('cookie') ?? '' })
        if (key) await endSession(db, key)
        return { status: 204, headers: { 'Set-Cookie': endedCookie(header('origin')) } }
      },
    }),
  ]
}
