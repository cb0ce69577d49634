import type { Metrics, ReactionList } from '../../../../src/admin/contract/index.ts'

type Now = ReactionList['reactions'][number]
type Point = Metrics['points'][number]

/** How a reaction stands. What the broker was not asked for, or did not answer, is missing. */
export interface Standing {
  now: Now
  /** Events that it handled each second. */
  perSecond: number
  /** Of its attempts, the share that failed. */
  failing: number
  queued?: number | undefined
  oldestMs?: number | undefined
  replicas?: number | undefined
}

/** Events of a type that are stored each second. */
export function ratesOf({ points }: Metrics): ReadonlyMap<string, number> {
  const types = new Set(points.flatMap(({ published }) => Object.keys(published)))
  const seconds = secondsOf(points)
  return new Map([...types].map((type) => [type, sum(points, ({ published }) => published[type]) / seconds]))
}

export function standingOf(now: Now, { points }: Metrics): Standing {
  const of = (point: Point) => point.reactions[now.reaction]
  const failed = sum(points, (point) => (of(point)?.failed ?? 0) + (of(point)?.dead ?? 0))
  const handled = sum(points, (point) => of(point)?.handled)
  const { queued, oldestMs, replicas } = points.at(-1)?.waiting[now.reaction] ?? {}
  const perSecond = handled / secondsOf(points)
  return { now, perSecond, failing: failed === 0 ? 0 : failed / (failed + handled), queued, oldestMs, replicas }
}

const secondsOf = (points: readonly Point[]) =>
  Math.max(
    1,
    sum(points, ({ seconds }) => seconds),
  )

const sum = (points: readonly Point[], of: (point: Point) => number | undefined) =>
  points.reduce((total, point) => total + (of(point) ?? 0), 0)
