import { Modal } from '@mantine/core'
import { PastCharts, type Past } from '../../parts/past/past-charts.tsx'
import { count, duration, rate } from '../../parts/words.ts'

/** What a reaction did over the last hour, day or month, and what waited for it. */
export const PastDialog = ({ reaction, onClose }: { reaction: string; onClose: () => void }) => (
  <Modal opened onClose={onClose} title={`The past of ${reaction}`} size="xl" centered>
    <PastCharts pasts={pastsOf(reaction)} reaction={reaction} />
  </Modal>
)

const pastsOf = (reaction: string): readonly Past[] => [
  {
    title: 'Events per second',
    write: rate,
    lines: [
      { name: 'handled', color: 'indigo.5' },
      { name: 'failed attempts', color: 'orange.6' },
    ],
    valuesOf: ({ reactions, seconds }) => [
      (reactions[reaction]?.handled ?? 0) / seconds,
      ((reactions[reaction]?.failed ?? 0) + (reactions[reaction]?.dead ?? 0)) / seconds,
    ],
  },
  {
    title: 'Critical time',
    write: duration,
    lines: [
      { name: 'median', color: 'teal.6' },
      { name: '99 % within', color: 'orange.6' },
    ],
    valuesOf: ({ reactions }) => [reactions[reaction]?.critical.p50, reactions[reaction]?.critical.p99],
  },
  {
    title: 'Waiting',
    write: count,
    lines: [
      { name: 'on the queue', color: 'indigo.5' },
      { name: 'retried, blocked or held', color: 'orange.6' },
      { name: 'dead', color: 'red.6' },
    ],
    valuesOf: ({ waiting }) => {
      const one = waiting[reaction]
      return [one?.queued, one && one.retrying + one.blocked + one.held, one?.dead]
    },
  },
  {
    title: 'Age of the oldest on its queue',
    write: duration,
    lines: [{ name: 'oldest', color: 'indigo.5' }],
    valuesOf: ({ waiting }) => [waiting[reaction]?.oldestMs ?? (waiting[reaction] ? 0 : null)],
  },
]
