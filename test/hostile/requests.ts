import fc from 'fast-check'
import { damaged, hostile, valid, type Schema } from './values.ts'

interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  schema: Schema
}
interface Operation {
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string }>
}
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

export interface HostileRequest {
  method: string
  /** As in the document. */
  template: string
  path: string
  headers: Record<string, string>
  body: string | undefined
  /** Which of the clients sends it. */
  client: number
}

/** In a path, for an order that was placed before: whose, and which one, is settled when the request is sent. */
export const KNOWN_ORDER = 'known-order-'

/** Requests to every operation of the document, some as they should be, most not. */
export function requestsFrom(document: OpenApi): fc.Arbitrary<HostileRequest> {
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestTo(document, { template, method, operation })),
  )
  return fc.oneof(...operations)
}

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

interface Target {
  template: string
  method: string
  operation: Operation
}

function requestTo({ components }: OpenApi, { template, method, operation }: Target): fc.Arbitrary<HostileRequest> {
  const [[type, { schema }] = ['', { schema: undefined }]] = Object.entries(operation.requestBody?.content ?? {})
  const good = schema ? valid(schema, components.schemas) : fc.constant(undefined)
  return fc
    .record({
      params: fc.record(valuesOf(operation, 'path', components.schemas)),
      query: fc.record(valuesOf(operation, 'query', components.schemas), { requiredKeys: [] }),
      stray: sometimes(hostile.map(asText)),
      body: schema ? fc.oneof({ weight: 2, arbitrary: good }, { weight: 2, arbitrary: damaged(good) }, hostile) : good,
      cut: sometimes(fc.nat(40)),
      headers: strangeHeaders,
      client: fc.nat(2),
    })
    .map(({ params, query, stray, body, cut, headers, client }) => {
      const text = schema ? JSON.stringify(body) : undefined
      return {
        method: method.toUpperCase(),
        template,
        path: pathOf(template, params) + queryOf(query, stray),
        headers: { ...(text === undefined ? {} : { 'content-type': type }), ...headers },
        body: cut === undefined ? text : text?.slice(0, cut),
        client,
      }
    })
}

function valuesOf({ parameters }: Operation, place: Parameter['in'], schemas: Record<string, Schema>) {
  return Object.fromEntries(
    parameters
      .filter((one) => one.in === place)
      .map(({ name, schema }) => [
        name,
        fc.oneof({ weight: 3, arbitrary: known(name, valid(schema, schemas)) }, hostile),
      ]),
  )
}

const known = (name: string, value: fc.Arbitrary<unknown>) =>
  name === 'id' ? fc.oneof({ weight: 4, arbitrary: fc.nat(10_000).map((nth) => KNOWN_ORDER + nth) }, value) : value

const headerText = fc
  .string({ unit: 'grapheme-ascii', maxLength: 300 })
  .map((text) => text.replace(/[^\x20-\x7e]/g, '').trim())

const strangeHeaders: fc.Arbitrary<Record<string, string>> = fc
  .record(
    {
      'idempotency-key': fc.oneof(fc.constantFrom('a', 'b', 'c', 'shared'), fc.uuid(), headerText),
      'content-type': fc.constantFrom(
        'application/json',
        'application/x-ndjson',
        'text/plain',
        'application/json; charset=utf-16',
        'multipart/form-data',
      ),
      'content-encoding': fc.constantFrom('identity', 'gzip', 'zstd', 'deflate', 'br', 'x'),
      'x-request-id': headerText,
      'x-forwarded-for': headerText,
      range: fc.constantFrom('bytes=0-1', 'bytes=-1', 'x'),
      'if-match': fc.constantFrom('"x"', '*'),
      accept: fc.constantFrom('text/html', 'x', '*/*'),
      traceparent: fc.constantFrom('00-x', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
      authorization: fc.constantFrom('', 'Bearer', 'Bearer x', 'Basic YTpi', 'Bearer fanfare_live_x'),
    },
    { requiredKeys: [] },
  )
  .map((all) =>
    Object.fromEntries(Object.entries(all).filter((_entry, index, { length }) => (index * 7 + length) % 3 === 0)),
  )

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function pathOf(template: string, params: Record<string, unknown>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const text = asText(params[name])
    return /^%[\dA-F][!-~]*$/.test(text) && !/[/?#]/.test(text) ? text : encoded(text) || 'x'
  })
}

function queryOf(query: Record<string, unknown>, stray: string | undefined): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encoded(asText(value))}`)
  if (stray !== undefined) pairs.push(`${encoded(stray)}=1`)
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

/** A lone surrogate has no percent-encoding. */
const encoded = (text: string) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))
