import type { Report } from './run.ts'
import type { Kept } from './promises/verify.ts'

/** The figures and the verdict, for a person. */
export function print(
  { options, books, injected, settledAfterMs, promises, repeatedMails, orders }: Report,
  say: (line: string) => void,
) {
  const { customers, latencies, longestStallMs, stallEndedAtMs, answers } = books
  const answered = customers.filter(({ orderIds }) => orderIds.size > 0).length
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`
  say('')
  say(
    `customers       ${customers.length}, answered 202: ${answered}, cancelled: ${customers.filter(({ cancelled }) => cancelled === 'yes').length}`,
  )
  say(`orders          ${inWords(orders)}`)
  say(`answers         ${inWords(answers)}`)
  say(
    `accepting       p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}; longest time without an order ${(longestStallMs / 1_000).toFixed(1)} s, until ${(stallEndedAtMs / 1_000).toFixed(1)} s`,
  )
  say(`faults          ${countByName(injected)}`)
  say(`mails repeated  ${repeatedMails}`)
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

const inWords = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .join(', ')
