import {
  createNames,
  makePartitions,
  rollUp,
  type Broker,
  type Names,
  type PartitionLength,
  type Reconciled,
  type SpanOfEvents,
} from '#messaging'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { pruneRuns } from './record-runs.ts'
import { redrivingRecovered } from './redrive-recovered.ts'
import type { ScheduledJob } from './scheduled-job.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export interface MessagingNeeds {
  db: Database
  /** Names this process as the holder of leases. */
  instance: string
  log: Logger
  /** Looks for lost events of every reaction and delivers them again. */
  reconcileAll: () => Promise<Reconciled[]>
  partitionLength: PartitionLength
  /** Whose queues are measured. Left out: none. */
  broker?: Broker
  names?: Names
}

/**
 * What the core needs done by the clock, whatever the domain.
 * @param spans whose durations are measured, from event to event
 */
export function messagingJobs(needs: MessagingNeeds, spans: readonly SpanOfEvents[] = []): ScheduledJob[] {
  const { db, reconcileAll, partitionLength, names = createNames('') } = needs
  const measured = { db, names, spans, ...(needs.broker && { broker: needs.broker }) }
  return [
    redrivingRecovered(needs),
    {
      name: 'messaging.roll-up-metrics',
      everyMs: 10 * SECOND,
      async run() {
        await rollUp(measured)
        return undefined
      },
    },
    {
      name: 'messaging.reconcile',
      everyMs: MINUTE,
      async run() {
        const reports = (await reconcileAll()).filter(({ delivered }) => delivered > 0)
        if (reports.length === 0) return undefined
        return { redelivered: Object.fromEntries(reports.map(({ reaction, delivered }) => [reaction, delivered])) }
      },
    },
    {
      name: 'messaging.prune-schedule-runs',
      everyMs: HOUR,
      async run() {
        const forgotten = await pruneRuns(db)
        return forgotten > 0 ? { forgotten } : undefined
      },
    },
    {
      name: 'messaging.make-partitions',
      everyMs: HOUR,
      async run() {
        const { made, outside } = await makePartitions(db, partitionLength)
        return made.length > 0 || outside > 0 ? { made, eventsOutsidePartitions: outside } : undefined
      },
    },
  ]
}
