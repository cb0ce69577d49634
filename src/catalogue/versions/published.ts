import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Json } from './compare.ts'
import { toText } from './text.ts'

/** One version of an event type as it was published, and data that were recorded under it. */
export interface PublishedVersion {
  /** JSON Schema, draft 2020-12. */
  schema: Json
  examples: readonly unknown[]
}

/** By type, then by version. */
export type Published = ReadonlyMap<string, ReadonlyMap<number, PublishedVersion>>

/** A file `<type>/v<n>.json` for each version. */
const PUBLISHED = path.resolve(import.meta.dirname, '../../events/published')

export function readPublished(folder = PUBLISHED): Published {
  const types = existsSync(folder) ? readdirSync(folder) : []
  return new Map(types.map((type) => [type, versionsIn(path.join(folder, type))]))
}

function versionsIn(folder: string): Map<number, PublishedVersion> {
  const found = readdirSync(folder).flatMap((file): [number, PublishedVersion][] => {
    const version = /^v(\d+)\.json$/.exec(file)?.[1]
    if (!version) return []
    return [[Number(version), JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as PublishedVersion]]
  })
  return new Map(found.sort(([a], [b]) => a - b))
}

/** @returns the file */
export function writePublished(type: string, version: number, published: PublishedVersion, folder = PUBLISHED): string {
  const file = path.join(folder, type, `v${version}.json`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, toText(published))
  return file
}
