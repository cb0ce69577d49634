import { makePartitions, type PartitionLength, type Reconciled } from '#messaging'
import type { Database } from '#platform/database'
import type { ScheduledJob } from './scheduled-job.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export interface MessagingNeeds {
  db: Database
  /** Looks for lost events of every reaction and delivers them again. */
  reconcileAll: () => Promise<Reconciled[]>
  partitionLength: PartitionLength
}

/** What the core needs done by the clock, whatever the domain. */
export function messagingJobs({ db, reconcileAll, partitionLength }: MessagingNeeds): ScheduledJob[] {
  return [
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
      name: 'messaging.make-partitions',
      everyMs: HOUR,
      async run() {
        const { made, outside } = await makePartitions(db, partitionLength)
        return made.length > 0 || outside > 0 ? { made, eventsOutsidePartitions: outside } : undefined
      },
    },
  ]
}
