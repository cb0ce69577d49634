import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import type { Waiting } from './figures.ts'

interface Asked {
  db: Database
  broker: Pick<Broker, 'sizes' | 'publishingPaused'>
  names: Names
}

const Kept = row({ reaction: z.string(), retrying: z.int(), blocked: z.int(), held: z.int(), dead: z.int() })

/** What waits for each reaction at this moment: in PostgreSQL, and on its queue where the broker answers. */
export async function readWaiting({ db, broker, names }: Asked): Promise<Record<string, Waiting>> {
  const kept = await readRows(db, Kept)`
    SELECT s.reaction, (count(*) FILTER (WHERE state = 'retrying'))::int AS retrying,
      (count(*) FILTER (WHERE state = 'blocked'))::int AS blocked, (count(*) FILTER (WHERE state = 'held'))::int AS held,
      (count(*) FILTER (WHERE state = 'dead'))::int AS dead
    FROM (SELECT DISTINCT reaction FROM subscriptions) AS s
    LEFT JOIN (SELECT reaction, state FROM deliveries WHERE state IN ('retrying', 'blocked', 'held', 'dead')) AS d USING (reaction)
    GROUP BY s.reaction`
  const reactions = kept.map(({ reaction }) => reaction)
  const sizes = await readSizes(broker, reactions, names)
  const queued = reactions.filter((reaction) => (sizes.get(reaction)?.messages ?? 0) > 0)
  const ages = await readAges(db, queued)
  return Object.fromEntries(
    kept.map(({ reaction, ...states }) => {
      const size = sizes.get(reaction)
      if (!size) return [reaction, states]
      const oldestMs = Math.round(ages.get(reaction) ?? 0)
      return [reaction, { ...states, queued: size.messages, replicas: size.consumers, oldestMs }]
    }),
  )
}

async function readSizes(broker: Asked['broker'], reactions: readonly string[], names: Names) {
  if (broker.publishingPaused) return new Map<string, { messages: number; consumers: number }>()
  const sizes = await broker.sizes(reactions.map((reaction) => names.queue(reaction)))
  return new Map(
    reactions.flatMap((reaction) => {
      const size = sizes.get(names.queue(reaction))
      return size ? [[reaction, size] as const] : []
    }),
  )
}

const Age = row({ reaction: z.string(), ms: z.number() })

/**
 * The age of the first published event that a reaction has no answer to. It looks from the latest event on that is known to be
 * settled, or was handled in the last ten seconds: what is on a queue was published after that, repeated attempts aside.
 */
async function readAges(db: Database, reactions: readonly string[]): Promise<Map<string, number>> {
  if (reactions.length === 0) return new Map()
  const rows = await readRows(db, Age)`
    WITH latest AS MATERIALIZED (
      SELECT reaction, max(event_id::text)::uuid AS id FROM handled_events
      WHERE handled_at > clock_timestamp() - interval '10 seconds' AND attempt = 1 GROUP BY reaction
    ), begins AS MATERIALIZED (
      SELECT s.reaction, s.event_type,
        greatest(s.since, r.watermark, (SELECT position FROM events e JOIN latest USING (id) WHERE latest.reaction = s.reaction)) AS position
      FROM subscriptions s LEFT JOIN reconcile_state r USING (reaction) WHERE s.reaction = ANY (${reactions})
    )
    SELECT begins.reaction, greatest(0, max(extract(epoch FROM clock_timestamp() - first.occurred_at)))::float8 * 1000 AS ms
    FROM begins CROSS JOIN LATERAL (
      SELECT occurred_at FROM events e
      WHERE e.type = begins.event_type AND e.position > begins.position
        AND e.position <= (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
        AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = begins.reaction OFFSET 0)
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = begins.reaction OFFSET 0)
      ORDER BY e.position LIMIT 1
    ) AS first
    GROUP BY begins.reaction`
  return new Map(rows.map(({ reaction, ms }) => [reaction, ms]))
}
