// The catalogue of this release: held against the code, the AsyncAPI specification and the CloudEvents SDK.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Parser } from '@asyncapi/parser'
import { CloudEvent } from 'cloudevents'
import { createNames } from '#messaging'
import { asyncApiDocument, catalogueOf, checkEvents, type Catalogue, type Release } from '../src/catalogue/index.ts'
import { thisRelease } from '../src/cli/release.ts'
import { ROOT } from './readme-blocks.ts'

let release: Release
let catalogue: Catalogue
beforeAll(async () => {
  release = await thisRelease()
  catalogue = catalogueOf(release)
})

it('versions and docs/events are as the code is; else npm run events -- record', () => {
  expect(checkEvents(release).map(({ sentence }) => sentence)).toEqual([])
})

it('every event is published by somebody', () => {
  const unpublished = catalogue.entries.filter(({ publishers }) => publishers.length === 0)
  const what = 'name it in `publishes` of the reaction, route (also in src/cli/release.ts) or job that publishes it'
  expect(unpublished.map(({ type: { type } }) => `${type}: ${what}`)).toEqual([])
})

it('a reaction that says it publishes an event makes one somewhere: in its own files, or in a domain that it calls', () => {
  const names = new Map(catalogue.entries.map(({ name, type }) => [type.type, name]))
  const stale = release.reactions.flatMap(({ name, publishes }) => {
    const code = codeBehind(name)
    return publishes.filter(({ type }) => !code.includes(`${names.get(type)}(`)).map(({ type }) => `${name}: ${type}`)
  })
  expect(stale).toEqual([])
})

function codeBehind(reaction: string): string {
  const place = path.join(ROOT, 'workers', ...reaction.split('.'))
  const own = existsSync(place) ? codeIn(place) : readFileSync(`${place}.ts`, 'utf8')
  const domains = [...own.matchAll(/'#domains\/([a-z-]+)'/g)].map(([, name]) =>
    codeIn(path.join(ROOT, 'src/domains', name!)),
  )
  return [own, ...domains].join('\n')
}

const codeIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n')

it('the AsyncAPI document is valid', async () => {
  const { document, diagnostics } = await new Parser().parse(
    JSON.stringify(asyncApiDocument(catalogue, createNames('shop'))),
  )
  const faults = diagnostics.filter(({ severity }) => Number(severity) <= 1)
  expect(faults.map(({ message, path }) => `${path.join('/')}: ${message}`)).toEqual([])
  expect(document!.channels().all()).toHaveLength(catalogue.entries.length + release.reactions.length)
  expect(document!.operations().filterByReceive()).toHaveLength(release.reactions.length)
})

it('events on the wire are CloudEvents, and lead to their JSON Schema', () => {
  const { components } = asyncApiDocument(catalogue, createNames()) as {
    components: { messages: Record<string, { examples: { payload: Record<string, unknown> }[] }> }
  }
  const payloads = Object.values(components.messages).flatMap(({ examples }) => examples.map(({ payload }) => payload))
  expect(payloads.length).toBeGreaterThanOrEqual(catalogue.entries.length)
  for (const payload of payloads) {
    expect(new CloudEvent(payload, true).validate()).toBe(true)
    expect(payload['dataschema']).toMatch(/^http:\/\/127\.0\.0\.1:3000\/events\/[a-z.-]+\/\d+$/)
  }
})
