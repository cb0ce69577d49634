// The order in which Jest takes the test files: what takes long begins first, so that no single file is left for the end. A fresh
// clone has no times of an earlier run, by which Jest would order them.
import { statSync } from 'node:fs'

/** Parts of the paths of files that wait long for processes and leases, the longest first. */
const SLOW = [
  'crashes/crash-points',
  'crashes/wiped-broker',
  'crashes/poison',
  'crashes/silent-connections',
  'redrive/redrive',
  'reconcile/replay',
  'cli/dead-letters',
  'reactions/returned-messages',
  'reactions/run-reaction',
  'private/private',
  'lease/lease',
  'services/watch',
  'test/stock-and-money',
  'test/past',
]

/** What is not among them goes by size. The least comes first. */
const weight = (file) => {
  const place = SLOW.findIndex((part) => file.includes(part))
  return place < 0 ? SLOW.length + 1 / statSync(file).size : place
}

export default class SlowestFirst {
  sort(tests) {
    const weights = new Map(tests.map((test) => [test, weight(test.path)]))
    return [...tests].sort((a, b) => weights.get(a) - weights.get(b))
  }

  shard(tests) {
    return tests
  }

  allFailedTests(tests) {
    return tests
  }

  cacheResults() {}
}
