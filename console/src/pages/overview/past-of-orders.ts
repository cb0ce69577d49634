import type { Past, Point } from '../../parts/past/past-charts.tsx'
import { count, duration, rate } from '../../parts/words.ts'

const waitingOf = ({ waiting }: Point) =>
  Object.values(waiting).reduce(
    (sum, { queued = 0, retrying, blocked, held }) => sum + queued + retrying + blocked + held,
    0,
  )
const deadOf = ({ waiting }: Point) => Object.values(waiting).reduce((sum, { dead }) => sum + dead, 0)

/** Of all orders. */
export const ORDERS: readonly Past[] = [
  {
    title: 'Orders per second',
    write: rate,
    lines: [{ name: 'placed', color: 'indigo.5' }],
    valuesOf: ({ published, seconds }) => [(published['order.placed'] ?? 0) / seconds],
  },
  {
    title: 'Until confirmed',
    write: duration,
    lines: [
      { name: 'median', color: 'teal.6' },
      { name: '99 % within', color: 'orange.6' },
    ],
    valuesOf: ({ spans }) => [spans['confirmed']?.p50, spans['confirmed']?.p99],
  },
  {
    title: 'Until shipped',
    write: duration,
    lines: [
      { name: 'median', color: 'teal.6' },
      { name: '99 % within', color: 'orange.6' },
    ],
    valuesOf: ({ spans }) => [spans['shipped']?.p50, spans['shipped']?.p99],
  },
  {
    title: 'Waiting for reactions',
    write: count,
    lines: [
      { name: 'on queues, retried, blocked or held', color: 'indigo.5' },
      { name: 'dead letters', color: 'red.6' },
    ],
    valuesOf: (point) => [waitingOf(point), deadOf(point)],
  },
]
