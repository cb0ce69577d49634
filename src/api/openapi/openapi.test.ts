import { z } from 'zod'
import { defineRoute } from '#http'
import { documentedRoutes } from '../../main/routes.ts'
import { openApiDocument } from './openapi.ts'

const Inner = z.strictObject({ id: z.uuid() }).meta({ id: 'Inner' })
const Thing = z.strictObject({ id: z.string(), inner: Inner, others: z.array(Inner) }).meta({ id: 'Thing' })
const route = defineRoute({
  method: 'post',
  path: '/v1/things/{name}',
  operationId: 'makeThing',
  summary: 'Make a thing',
  tag: 'Things',
  params: z.strictObject({ name: z.string().max(5) }),
  query: z.strictObject({ loud: z.enum(['yes', 'no']).optional().describe('Shout') }),
  body: Thing,
  replies: { 200: { description: 'Made', schema: Thing, headers: { Location: 'Where' } } },
  refusals: { 409: 'thing-exists' },
  handle: () => ({ status: 200 }),
})

const patternsIn = (node: unknown): { pattern: string }[] =>
  typeof node !== 'object' || node === null
    ? []
    : [
        ...('pattern' in node && typeof node.pattern === 'string' ? [node as { pattern: string }] : []),
        ...Object.values(node).flatMap(patternsIn),
      ]
const patterned = patternsIn(openApiDocument(documentedRoutes()))

/**
 * What ECMAScript, RE2 (Go), Rust, Java, .NET and Python's `re` read alike: characters, classes, groups without names, alternatives and
 * bounded repetition. No looking around, no references back, no categories of Unicode, no more than 1,000 repetitions.
 */
const ESCAPED = String.raw`\\(?:[dwsDWStnr]|x[0-9a-f]{2}|[^A-Za-z0-9])`
const CLASS = String.raw`\[\^?(?:${ESCAPED}|[^\\\[\]])+\]`
const REPEATED = String.raw`(?:[*+?]|\{(?:\d{1,3}|1000)(?:,(?:\d{1,3}|1000)?)?\})`
const PORTABLE = new RegExp(
  String.raw`^(?:\^|\$|\||\((?:\?:)?|\)|(?:\.|${CLASS}|${ESCAPED}|[^\\^$.*+?()\[\]{}|]|(?<=\)))${REPEATED}?)*$`,
)
const isPortable = (pattern: string) => PORTABLE.test(pattern) && new RegExp(pattern) instanceof RegExp

describe('the OpenAPI document', () => {
  const document = openApiDocument([route]) as never as {
    paths: Record<
      string,
      Record<string, { parameters: object[]; requestBody: object; responses: Record<string, object> }>
    >
    components: { schemas: Record<string, object> }
  }
  const operation = document.paths['/v1/things/{name}']!['post']!

  it('names every schema once and refers to it', () => {
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(['Inner', 'Problem', 'Thing'])
    expect(document.components.schemas['Thing']).toMatchObject({
      additionalProperties: false,
      required: ['id', 'inner', 'others'],
      properties: { id: { type: 'string' }, inner: { $ref: '#/components/schemas/Inner' } },
    })
    const references = JSON.stringify(document)
      .match(/"\$ref":"[^"]+"/g)!
      .map((text) => text.slice(8, -1))
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(references.filter((reference) => !known.includes(reference))).toEqual([])
    expect(JSON.stringify(document)).not.toMatch(/\$schema|\$id|\$defs/)
  })

  it('documents parameters, the body and every answer', () => {
    expect(operation.parameters).toMatchObject([
      { in: 'path', name: 'name', required: true, schema: { type: 'string', maxLength: 5 } },
      {
        in: 'query',
        name: 'loud',
        required: false,
        description: 'Shout',
        schema: { type: 'string', enum: ['yes', 'no'] },
      },
      { in: 'header', name: 'Idempotency-Key' },
    ])
    expect(operation.requestBody).toMatchObject({ required: true })
    expect(Object.keys(operation.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '422',
      '429',
      '503',
    ])
    expect(operation.responses['409']).toMatchObject({ description: 'Codes: request-under-way, thing-exists' })
  })

  it('gives the page a fixed example of everything that has a pattern', () => {
    expect(patterned.length).toBeGreaterThan(5)
    expect(patterned.filter((schema) => !('examples' in schema))).toEqual([])
  })

  it('has only patterns that every common language can compile', () => {
    const strange = [
      '(?<=a)b',
      '^(?!no)',
      '(?<name>a)',
      String.raw`\p{L}`,
      String.raw`\u{1f642}`,
      String.raw`(a)\1`,
      'a{1,2000}',
    ]
    expect(strange.filter(isPortable)).toEqual([])
    expect(patterned.map(({ pattern }) => pattern).filter((pattern) => !isPortable(pattern))).toEqual([])
  })

  it('wants a name for each schema', () => {
    const nameless = { ...route, body: z.strictObject({}) }
    expect(() => openApiDocument([nameless])).toThrow('needs a name')
    const Other = z.strictObject({}).meta({ id: 'Thing' })
    expect(() => openApiDocument([route, { ...route, path: '/other', body: Other }])).toThrow('Two schemas')
  })
})
