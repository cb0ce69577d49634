/** What failed, without the names that every failure has. */
export const causeOf = (error: string) => error.replace(/^(?:Error|Unrecoverable|DependencyUnavailable): /, '')

interface Mark {
  what: string
  error: string | null
}

/** A failed attempt, a dead letter, or what was done about one. */
export const kindOf = (what: string) => (what === 'dead' || what === 'failed' ? what : ('repair' as const))

/** Failed attempts and repairs of a delivery in one line. */
export function tellMarks(marks: readonly Mark[]): string {
  const failures = marks.filter(({ error }) => error !== null)
  const times = failures.length > 1 ? ` ${failures.length} times` : ''
  const head = marks.some(({ what }) => what === 'dead') ? 'dead letter' : `failed${times}`
  const repairs = marks.filter(({ what }) => kindOf(what) === 'repair').map(({ what }) => what)
  return [...(failures.length > 0 ? [`${head}: ${causeOf(failures.at(-1)!.error!)}`] : []), ...repairs].join(' · ')
}

/** In one lane there is room for one sentence: of what is not handled yet, or else of the latest. */
export function worthTelling<One extends { marks: readonly unknown[]; work: unknown }>(all: readonly One[]) {
  const tried = all.filter(({ marks }) => marks.length > 0)
  return tried.findLast(({ work }) => !work) ?? tried.at(-1)
}

/** What is not handled yet, each state once; what is dead has a sentence. */
export const openStates = (all: readonly { state: string; work: unknown }[]) =>
  [...new Set(all.flatMap(({ state, work }) => (work || state === 'dead' ? [] : [state])))].join(', ')
