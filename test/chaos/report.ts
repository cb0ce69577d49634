import type { Report } from './run.ts'
import type { Kept } from './promises/kept.ts'

/** The figures and the verdict, for a person. */
export function print({ options, figures, injected, settledAfterMs, promises }: Report, say: (line: string) => void) {
  say('')
  for (const line of figures) say(line)
  say(`faults          ${countByName(injected)}`)
  say(
    `settled         ${settledAfterMs === undefined ? 'no' : `${(settledAfterMs / 1_000).toFixed(1)} s after the end`}`,
  )
  say('')
  printPromises(promises, say)
  say('')
  say(
    isGood({ settledAfterMs, promises })
      ? 'Nothing lost, nothing twice.'
      : `FAILED; the same again: --seed ${options.seed}`,
  )
}

export function printPromises(promises: readonly Kept[], say: (line: string) => void) {
  for (const { promise, broken } of promises) {
    say(`${broken.length === 0 ? 'kept  ' : 'BROKEN'}  ${promise}`)
    for (const offender of broken.slice(0, 10)) say(`          ${offender}`)
    if (broken.length > 10) say(`          and ${broken.length - 10} more`)
  }
}

export const isGood = ({ settledAfterMs, promises }: Pick<Report, 'settledAfterMs' | 'promises'>) =>
  settledAfterMs !== undefined && promises.every(({ broken }) => broken.length === 0)

function countByName(injected: Report['injected']): string {
  const counts = new Map<string, number>()
  for (const { fault, done } of injected) if (done !== undefined) counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return [...counts].map(([fault, count]) => `${fault} ${count}`).join(', ')
}
