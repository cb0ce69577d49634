import { z } from 'zod'
import { defineRoute, Refusal, wholeNumber, type Route } from '#http'
import type { Names } from '#messaging'
import { asyncApiDocument } from './asyncapi.ts'
import { createCatalogue, type Catalogue, type Release } from './catalogue.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { htmlPage } from './pages/html.ts'
import { readPublished } from './versions/published.ts'

interface Needs {
  names: Names
  /** Called at the first request: a process that is never asked does not load what this tells of. */
  loadRelease: () => Promise<Release>
}

const tag = 'Events'
const HTML = 'text/html; charset=utf-8'
/** The page has its style in it, and asks for nothing. */
const POLICY = { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" }
const Version = z.strictObject({ type: z.string().max(200), version: wholeNumber(1, 999_999) })

/** What events there are, for people and for tools. */
export function catalogueRoutes({ names, loadRelease }: Needs): Route[] {
  const published = readPublished()
  let loading: Promise<Catalogue> | undefined
  const catalogue = () => (loading ??= loadRelease().then((release) => createCatalogue(release, published)))
  const get = { method: 'get', tag, public: true } as const
  return [
    defineRoute({
      ...get,
      path: '/events',
      operationId: 'showEvents',
      summary: 'Every event, who publishes it and who reacts, as a page',
      replies: { 200: { description: 'An HTML page', type: 'text/html' } },
      handle: async () => ({ status: 200, headers: POLICY, text: { type: HTML, text: htmlPage(await catalogue()) } }),
    }),
    defineRoute({
      ...get,
      path: '/events/asyncapi.json',
      operationId: 'getAsyncApi',
      summary: 'The AsyncAPI 3 document: exchanges, queues, who publishes and who reacts',
      replies: { 200: { description: 'The document', type: 'application/json' } },
      handle: async () => ({ status: 200, body: asyncApiDocument(await catalogue(), names) }),
    }),
    defineRoute({
      ...get,
      path: '/events/{type}/{version}',
      operationId: 'getEventSchema',
      summary: 'The JSON Schema of a version of an event',
      description: 'Where `dataschema` of an event leads.',
      params: Version,
      example: { params: { type: 'order.placed', version: 1 } },
      replies: { 200: { description: 'JSON Schema, draft 2020-12', type: 'application/schema+json' } },
      refusals: { 404: 'event-version-not-found' },
      handle({ params: { type, version } }) {
        const schema = jsonSchemaOf(published, type, version)
        if (schema) return { status: 200, text: { type: 'application/schema+json', text: JSON.stringify(schema) } }
        const sentence = `No version ${version} of an event ${type} was published; /events lists what there is.`
        throw new Refusal('not-found', 'event-version-not-found', sentence)
      },
    }),
  ]
}
