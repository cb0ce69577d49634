import { Prisma } from '#prisma'
import type { Invariant } from '../invariant.ts'

const oneMailEach: Invariant = {
  name: 'one-mail-per-occasion',
  says: 'A customer is written to once about each event.',
  offenders: () => Prisma.sql`
    SELECT order_id AS who, format('%s mails tell of %s: %s.', count(*), kind, string_agg(message_id, ', ' ORDER BY sent_at)) AS why
    FROM sent_mails WHERE kind NOT IN ('payment.refunded', 'return.received', 'order.parcel-shipped') -- one for each of them
    GROUP BY order_id, kind HAVING count(*) > 1
    UNION ALL
    SELECT min(order_id::text)::uuid, format('The mail %s was sent for %s events.', message_id, count(*))
    FROM sent_mails GROUP BY message_id HAVING count(*) > 1`,
}

const mailsAreSent: Invariant = {
  name: 'handled-means-mailed',
  says: 'Where notification.email-customer has handled an event, the journal has its mail.',
  offenders: () => Prisma.sql`
    SELECT e.id AS who, format('%s of %s was handled at %s, and no mail was sent.', e.type, e.stream, d.handled_at) AS why
    FROM handled_events d JOIN events e ON e.id = d.event_id
    WHERE d.reaction = 'notification.email-customer'
      AND d.handled_at > clock_timestamp() - interval '89 days' -- older mails are forgotten
      AND NOT (e.type = 'order.shipped' AND e.data->'parcels' IS NOT NULL) -- each parcel has had a mail
      AND NOT EXISTS (SELECT FROM sent_mails m WHERE m.event_id = e.id)`,
}

const points: Invariant = {
  name: 'points-add-up',
  says: 'The points of an account are the sum of what its orders have earned, deleted ones included.',
  offenders: () => Prisma.sql`
    SELECT coalesce(a.person, o.person) AS who, format('The account has %s points, its orders have earned %s.',
      coalesce(a.points, 0), coalesce(o.points, 0)) AS why
    FROM loyalty_accounts a
    FULL JOIN (SELECT person, sum(points) AS points FROM (
      SELECT person, points FROM loyalty_orders WHERE person IS NOT NULL
      UNION ALL SELECT key, amount FROM carried_forward WHERE account = 'loyalty.points') AS earned GROUP BY person) o ON o.person = a.person
    WHERE coalesce(a.points, 0) <> coalesce(o.points, 0)`,
}

export const aftermathInvariants = [oneMailEach, mailsAreSent, points]
