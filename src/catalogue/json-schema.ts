import { schemaUrl } from '#messaging'
import type { Json } from './versions/compare.ts'
import type { Published } from './versions/published.ts'

/** The JSON Schema of one published version, as `dataschema` of its events points to it; nothing where there is none. */
export function jsonSchemaOf(published: Published, type: string, version: number): Json | undefined {
  const found = published.get(type)?.get(version)
  return (
    found && {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: schemaUrl(type, version),
      title: `${type}, version ${version}`,
      ...found.schema,
      examples: found.examples,
    }
  )
}
