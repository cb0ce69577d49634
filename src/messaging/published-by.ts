import { Prisma } from '#prisma'

/**
 * The reaction that published an event `e`: of those that handled its cause the one of the same transaction; where a restored dump
 * has lost that, the nearest in time. @param handled where its cause may have been handled
 */
export const publishedBy = (handled: readonly string[]) => {
  const rows = handled.map((table) => Prisma.raw(`SELECT event_id, reaction, handled_at, xmin FROM ${table}`))
  return Prisma.sql`coalesce(e.published_by, (
    SELECT h.reaction FROM (${Prisma.join(rows, ' UNION ALL ')}) h WHERE h.event_id = e.causation_id
    ORDER BY h.xmin = e.xmin DESC, abs(extract(epoch FROM h.handled_at - e.occurred_at)) LIMIT 1))`
}
