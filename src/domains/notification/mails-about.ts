import type { Database } from '#platform/database'

/** The mails that were sent about these orders, as far as the journal goes back. */
export async function mailsAbout(db: Database, orderIds: readonly string[]) {
  const mails = await db.sentMail.findMany({ where: { orderId: { in: [...orderIds] } }, orderBy: { sentAt: 'asc' } })
  return mails.map(({ orderId, kind, subject, sentAt }) => ({ orderId, kind, subject, sentAt: sentAt.toISOString() }))
}
