import type { AnyEventType } from '#messaging'
import { checkVersions, describeType } from './check.ts'
import { isEqual } from './compare.ts'
import { readPublished, writePublished, type Published, type PublishedVersion } from './published.ts'

/**
 * Publishes new types and versions, and what has grown without a break. What somebody must repair is left as it is.
 * @returns the files that were written
 */
export function recordVersions(types: readonly AnyEventType[], folder?: string): string[] {
  const published = readPublished(folder)
  const findings = checkVersions(types, published)
  const isLeft = new Set(findings.flatMap(({ type, wants }) => (wants === 'repair' ? [type] : [])))
  const wanted = new Set(findings.flatMap(({ type }) => (isLeft.has(type) ? [] : [type])))
  return types
    .filter(({ type }) => wanted.has(type))
    .map((type) => writePublished(type.type, type.version, grown(type, published), folder))
}

/** Examples are only added: each stands for events that some store has. */
function grown(type: AnyEventType, published: Published): PublishedVersion {
  const { schema, examples } = describeType(type)
  const before = published.get(type.type)?.get(type.version)?.examples ?? []
  const come = examples.filter((example) => !before.some((one) => isEqual(one, example)))
  return { schema, examples: [...before, ...come] }
}
