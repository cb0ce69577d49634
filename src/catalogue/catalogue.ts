import type { AnyEventType, Projection, Reaction } from '#messaging'
import { EVENT_TYPES } from './event-types.ts'
import type { Published, PublishedVersion } from './versions/published.ts'

interface Publishing {
  readonly publishes?: readonly { readonly type: string }[] | undefined
}

/** What a release consists of, as far as events are concerned. */
export interface Release {
  reactions: readonly Pick<Reaction, 'name' | 'on' | 'publishes'>[]
  /** The read models: they read the store, and publish nothing. */
  projections: readonly Pick<Projection, 'name' | 'on' | 'schema'>[]
  /** The operations of the API. */
  routes: readonly (Publishing & { method: string; path: string })[]
  /** What runs by the clock. */
  jobs: readonly (Publishing & { name: string })[]
}

/** Somebody who publishes events. */
export interface Publisher {
  kind: 'request' | 'schedule' | 'reaction'
  /** `POST /v1/orders`, or the name of the job or reaction. */
  name: string
}

/** One event type, with everybody it has to do with. */
export interface Entry {
  /** As it is imported. */
  name: string
  type: AnyEventType
  /** By version, ascending. */
  versions: readonly [number, PublishedVersion][]
  publishers: readonly Publisher[]
  /** Names of the reactions that are on it. */
  reactions: readonly string[]
  /** Names of the projections that are made from it. */
  projections: readonly string[]
}

/** Everything that is told of events, from the code and from what was published. */
export interface Catalogue {
  entries: readonly Entry[]
  release: Release
}

export function createCatalogue(release: Release, published: Published): Catalogue {
  const publishers = publishersIn(release)
  const entries = EVENT_TYPES.map(({ name, type }): Entry => {
    const publishes = ({ types }: { types: readonly string[] }) => types.includes(type.type)
    return {
      name,
      type,
      versions: [...(published.get(type.type) ?? [])],
      publishers: publishers.filter(publishes).map(({ publisher }) => publisher),
      reactions: release.reactions.filter(isOn(type)).map(({ name }) => name),
      projections: release.projections.filter(isOn(type)).map(({ name }) => name),
    }
  })
  return { entries, release }
}

const isOn =
  ({ type }: AnyEventType) =>
  ({ on }: { on: readonly AnyEventType[] }) =>
    on.some((one) => one.type === type)

/** Who publishes and who reacts, as links between names. */
export function flowOf({ entries }: Catalogue) {
  const publishers = new Map(entries.flatMap((entry) => entry.publishers.map((one) => [one.name, one] as const)))
  return {
    publishers: [...publishers.values()],
    types: entries.map(({ type }) => type.type),
    publishes: entries.flatMap(({ type, publishers: all }) => all.map(({ name }) => ({ from: name, to: type.type }))),
    reacts: entries.flatMap(({ type, reactions }) => reactions.map((name) => ({ from: type.type, to: name }))),
  }
}

/** The word before the dot: what an event is about. */
const areaOf = (type: string): string => type.slice(0, type.indexOf('.'))

/** The entries of each area, in the order of the catalogue. */
export const byArea = ({ entries }: Catalogue): ReadonlyMap<string, readonly Entry[]> =>
  new Map(AREAS.map((area) => [area, entries.filter(({ type }) => areaOf(type.type) === area)]))

const AREAS = [...new Set(EVENT_TYPES.map(({ type }) => areaOf(type.type)))]

function publishersIn({ routes, jobs, reactions }: Release): { publisher: Publisher; types: readonly string[] }[] {
  const publisher = (kind: Publisher['kind'], name: string, { publishes = [] }: Publishing) => ({
    publisher: { kind, name },
    types: publishes.map(({ type }) => type),
  })
  return [
    ...routes.map((route) => publisher('request', `${route.method.toUpperCase()} ${route.path}`, route)),
    ...jobs.map((job) => publisher('schedule', job.name, job)),
    ...reactions.map((reaction) => publisher('reaction', reaction.name, reaction)),
  ]
}
