import path from 'node:path'
import { createCatalogue, type Release } from './catalogue.ts'
import { EVENT_TYPES } from './event-types.ts'
import { outdatedPages, writePages } from './pages/documents.ts'
import { checkVersions, type Finding } from './versions/check.ts'
import { readPublished } from './versions/published.ts'
import { recordVersions } from './versions/record.ts'

export { asyncApiDocument } from './asyncapi.ts'
export { flowOf } from './catalogue.ts'
export type { Catalogue, Release } from './catalogue.ts'
export { compareCauses, type Cause } from './causes.ts'
export { catalogueRoutes } from './routes.ts'
export type { Finding } from './versions/check.ts'

const types = EVENT_TYPES.map(({ type }) => type)

export const catalogueOf = (release: Release) => createCatalogue(release, readPublished())

/** What is wrong with the versions of the events of this release, and with its pages in docs/events; and what to do. */
export function checkEvents(release: Release): Finding[] {
  const findings = checkVersions(types, readPublished())
  const pages = outdatedPages(catalogueOf(release))
  if (pages.length === 0) return findings
  const names = pages.map((file) => path.basename(file)).join(', ')
  const sentence = `docs/events: ${names} not as the code is.`
  return [...findings, { type: 'docs/events', wants: 'recording', sentence }]
}

/** Publishes what is new, and writes docs/events. @returns the files that were written */
export const recordEvents = (release: Release): string[] => [
  ...recordVersions(types),
  ...writePages(catalogueOf(release)),
]
