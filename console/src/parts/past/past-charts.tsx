import { Group, SegmentedControl, Skeleton, Stack, Title } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { Metrics } from '../../../../src/admin/contract/index.ts'
import { RANGES, usePast, type Range } from '../../api/metrics.ts'
import { Empty, Shown } from '../frame.tsx'

const PastChart = lazy(() => import('./past-chart.tsx'))

export type Point = Metrics['points'][number]

/** One chart of the past. */
export interface Past {
  title: string
  write: (value: number) => string
  /** Names of the lines, and their colours. */
  lines: readonly { name: string; color: string }[]
  /** A value for each line; null where nothing was counted. */
  valuesOf: (point: Point) => readonly (number | null | undefined)[]
}

const OFFERED = Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))

interface Given {
  title?: string
  pasts: readonly Past[]
  /** Whose figures they are made of, beside what is told of all. */
  reaction?: string
}

/** What was counted over the last hour, day or month: the figures of the scheduler, which are kept in PostgreSQL. */
export function PastCharts({ title, pasts, reaction = 'none' }: Given) {
  const [range, setRange] = useState<Range>('hour')
  const metrics = usePast(range, reaction)
  return (
    <Stack gap="md">
      <Group justify={title === undefined ? 'flex-end' : 'space-between'}>
        {title !== undefined && <Title order={2}>{title}</Title>}
        <SegmentedControl
          size="xs"
          data={OFFERED}
          value={range}
          onChange={(value) => setRange(value as Range)}
          aria-label="How far back"
        />
      </Group>
      <Shown query={metrics} rows={6}>
        {({ points }) =>
          points.length === 0 ? (
            <Empty icon="overview" title="Nothing was counted in this time">
              The scheduler counts every ten seconds, while it runs.
            </Empty>
          ) : (
            <div className="pasts">
              {pasts.map((past) => (
                <Suspense key={past.title} fallback={<Skeleton h={200} />}>
                  <PastChart past={past} points={points} range={range} />
                </Suspense>
              ))}
            </div>
          )
        }
      </Shown>
    </Stack>
  )
}
