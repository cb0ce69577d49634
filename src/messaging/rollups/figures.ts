import { mergeHistograms, type Histogram } from './histogram.ts'

/** What happened in a stretch of time. Everything in it can be added up. */
export interface Figures {
  /** Events stored, by type. */
  published: Readonly<Record<string, number>>
  /** By reaction: what it did. */
  reactions: Readonly<Record<string, ReactionCounts>>
  /** By span: milliseconds from the first event of a conversation to a later one. */
  spans: Readonly<Record<string, Histogram>>
  /** By reaction: what waited for it at the end. Of several stretches the worst. */
  waiting: Readonly<Record<string, Waiting>>
}

export interface ReactionCounts {
  /** Deliveries handled; how many is the count of either histogram. */
  readonly critical: Histogram
  readonly processing: Histogram
  /** Of those, at the second attempt or later. */
  readonly repeated: number
  /** Attempts that failed and are repeated. */
  readonly failed: number
  /** Messages given up. */
  readonly dead: number
}

/** A gauge: how it stood, as far as it could be told. */
export interface Waiting {
  /** Messages ready on its queue. */
  readonly queued?: number
  /** Milliseconds since the first of those was stored. */
  readonly oldestMs?: number
  /** Processes that take from its queue. */
  readonly replicas?: number
  readonly retrying: number
  readonly blocked: number
  readonly held: number
  readonly dead: number
}

export const NO_FIGURES: Figures = { published: {}, reactions: {}, spans: {}, waiting: {} }
export const NOTHING_DONE: ReactionCounts = { critical: {}, processing: {}, repeated: 0, failed: 0, dead: 0 }

/** The figures of stretches that follow each other. */
export function mergeFigures(all: readonly Figures[]): Figures {
  return {
    published: mergeAll(all, 'published', (counts) => counts.reduce((sum, count) => sum + count, 0)),
    reactions: mergeAll(all, 'reactions', mergeCounts),
    spans: mergeAll(all, 'spans', (those) => mergeHistograms(...those)),
    waiting: mergeAll(all, 'waiting', worst),
  }
}

/** All of one name at once: in pairs, what is between them would be made for nothing, hundreds of times for a month. */
function mergeAll<Part extends keyof Figures, One extends Figures[Part][string]>(
  all: readonly Figures[],
  part: Part,
  merge: (those: readonly One[]) => One,
): Record<string, One> {
  const byName = new Map<string, One[]>()
  for (const figures of all)
    for (const [name, one] of Object.entries(figures[part]) as [string, One][]) {
      const those = byName.get(name)
      if (those) those.push(one)
      else byName.set(name, [one])
    }
  return Object.fromEntries([...byName].map(([name, those]) => [name, those.length === 1 ? those[0]! : merge(those)]))
}

function mergeCounts(all: readonly ReactionCounts[]): ReactionCounts {
  const sum = (of: (one: ReactionCounts) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    critical: mergeHistograms(...all.map(({ critical }) => critical)),
    processing: mergeHistograms(...all.map(({ processing }) => processing)),
    repeated: sum(({ repeated }) => repeated),
    failed: sum(({ failed }) => failed),
    dead: sum(({ dead }) => dead),
  }
}

function worst(all: readonly Waiting[]): Waiting {
  const most = (name: keyof Waiting) => Math.max(...all.map((one) => one[name] ?? 0))
  const of = { retrying: most('retrying'), blocked: most('blocked'), held: most('held'), dead: most('dead') }
  const queues = all.filter(({ queued }) => queued !== undefined)
  if (queues.length === 0) return of
  const replicas = Math.min(...queues.map((one) => one.replicas ?? 0))
  return { ...of, queued: most('queued'), oldestMs: most('oldestMs'), replicas }
}
