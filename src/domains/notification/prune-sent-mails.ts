import type { Database } from '#platform/database'

/** Forgets at most `limit` mails that are older, the oldest first: the journal holds addresses. Answers how many. */
export function pruneSentMails(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM sent_mails WHERE event_id IN (
      SELECT event_id FROM sent_mails WHERE sent_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY sent_at LIMIT ${limit})`
}
