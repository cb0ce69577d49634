import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Metrics } from '../../../src/admin/contract/index.ts'
import { ask } from './ask.ts'

const HOUR_MS = 3_600_000

/** How far back somebody looks. */
export const RANGES = {
  hour: { label: 'Hour', ms: HOUR_MS, everyMs: 10_000 },
  day: { label: 'Day', ms: 24 * HOUR_MS, everyMs: 60_000 },
  month: { label: 'Month', ms: 30 * 24 * HOUR_MS, everyMs: 300_000 },
} as const
export type Range = keyof typeof RANGES

/** What the scheduler has counted. @param reactions whose figures are wanted: 'none', or those of one */
export const usePast = (range: Range, reactions: string) =>
  useQuery({
    queryKey: ['metrics', range, reactions],
    queryFn: () => {
      const from = new Date(Date.now() - RANGES[range].ms).toISOString()
      return ask<Metrics>(`/v1/admin/metrics?reactions=${reactions}&from=${encodeURIComponent(from)}`)
    },
    refetchInterval: RANGES[range].everyMs,
    placeholderData: keepPreviousData,
  })

/** How far back `now` looks: the scheduler counts every ten seconds. */
const LATELY_MS = 90_000

/** What went on in the last minute or so, in steps of ten seconds. */
export const useLately = () =>
  useQuery({
    queryKey: ['metrics', 'lately'],
    queryFn: () => {
      const from = new Date(Date.now() - LATELY_MS).toISOString()
      return ask<Metrics>(`/v1/admin/metrics?step=10&from=${encodeURIComponent(from)}`)
    },
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  })
