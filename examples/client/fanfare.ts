import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './schema.ts'

export type Order = components['schemas']['Order']

/** A refusal, as the API tells it (RFC 9457). */
export class Refused extends Error {
  override name = 'Refused'
  /** Stable: what a program decides by. */
  readonly code: string
  constructor({ code, detail }: components['schemas']['Problem']) {
    super(detail)
    this.code = code
  }
}

/** Knows the paths, parameters, bodies and answers of the OpenAPI document. @throws Refused with each refusal */
export function fanfare(url: string, key: string): Client<paths> {
  const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } })
  client.use({
    async onResponse({ response }) {
      if (!response.ok) throw new Refused((await response.json()) as components['schemas']['Problem'])
    },
  })
  return client
}
