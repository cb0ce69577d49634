import type { Database } from '#platform/database'

/** Forgets at most `limit` mails sent before then, the oldest first: the journal holds addresses. Answers how many. */
export function pruneSentMails(db: Database, { before, limit }: { before: Date; limit: number }): Promise<number> {
  return db.$executeRaw`
    DELETE FROM sent_mails WHERE event_id IN (
      SELECT event_id FROM sent_mails WHERE sent_at < ${before}::timestamptz ORDER BY sent_at LIMIT ${limit})`
}
