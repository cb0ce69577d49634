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
    published: mergeAll(all, 'published', (a, b) => a + b),
    reactions: mergeAll(all, 'reactions', mergeCounts),
    spans: mergeAll(all, 'spans', mergeHistograms),
    waiting: mergeAll(all, 'waiting', worst),
  }
}

function mergeAll<Part extends keyof Figures, One = Figures[Part][string]>(
  all: readonly Figures[],
  part: Part,
  merge: (a: One, b: One) => One,
): Record<string, One> {
  const merged: Record<string, One> = {}
  for (const figures of all)
    for (const [name, one] of Object.entries(figures[part]) as [string, One][])
      merged[name] = merged[name] === undefined ? one : merge(merged[name], one)
  return merged
}

const mergeCounts = (a: ReactionCounts, b: ReactionCounts): ReactionCounts => ({
  critical: mergeHistograms(a.critical, b.critical),
  processing: mergeHistograms(a.processing, b.processing),
  repeated: a.repeated + b.repeated,
  failed: a.failed + b.failed,
  dead: a.dead + b.dead,
})

function worst(a: Waiting, b: Waiting): Waiting {
  const most = (name: keyof Waiting) => Math.max(a[name] ?? 0, b[name] ?? 0)
  const of = { retrying: most('retrying'), blocked: most('blocked'), held: most('held'), dead: most('dead') }
  const queues = [a, b].filter(({ queued }) => queued !== undefined)
  if (queues.length === 0) return of
  const replicas = Math.min(...queues.map((one) => one.replicas ?? 0))
  return { ...of, queued: most('queued'), oldestMs: most('oldestMs'), replicas }
}
