import { EVENT_TYPES } from './event-types.ts'
import { checkVersions, type Finding } from './versions/check.ts'
import { readPublished } from './versions/published.ts'
import { recordVersions } from './versions/record.ts'

const types = EVENT_TYPES.map(({ type }) => type)

/** What is wrong with the versions of the events of this release, and what to do. */
export const checkEvents = (): Finding[] => checkVersions(types, readPublished())

/** Publishes what is new. @returns the files that were written */
export const recordEvents = (): string[] => recordVersions(types)
