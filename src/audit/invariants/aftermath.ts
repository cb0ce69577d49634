import { Prisma } from '#prisma'
import type { Invariant } from '../invariant.ts'

const oneMailEach: Invariant = {
  name: 'one-mail-per-occasion',
  says: 'A customer is written to once about each event.',
  offenders: () => Prisma.sql`
    SELECT order_id AS who, format('%s mails tell of %s: %s.', count(*), kind, string_agg(message_id, ', ' ORDER BY sent_at)) AS why
    FROM sent_mails GROUP BY order_id, kind HAVING count(*) > 1
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
      AND NOT EXISTS (SELECT FROM sent_mails m WHERE m.event_id = e.id)`,
}

const points: Invariant = {
  name: 'points-add-up',
  says: 'The points of an account are the sum of what its orders have earned.',
  offenders: () => Prisma.sql`
    SELECT coalesce(a.email, o.email) AS who, format('The account has %s points, its orders have earned %s.',
      coalesce(a.points, 0), coalesce(o.points, 0)) AS why
    FROM loyalty_accounts a
    FULL JOIN (SELECT email, sum(points) AS points FROM loyalty_orders WHERE email IS NOT NULL GROUP BY email) o ON o.email = a.email
    WHERE coalesce(a.points, 0) <> coalesce(o.points, 0)`,
}

const sales: Invariant = {
  name: 'sales-add-up',
  says: 'What a day has counted is what its orders add up to.',
  offenders: () => Prisma.sql`
    WITH told AS (
      SELECT placed_on AS day, currency, 1 AS placed, 0 AS confirmed, 0 AS rejected, 0 AS cancelled, 0::bigint AS revenue FROM order_sales
      UNION ALL SELECT confirmed_on, currency, 0, 1, 0, 0, coalesce(total, 0) FROM order_sales
      UNION ALL SELECT rejected_on, currency, 0, 0, 1, 0, 0 FROM order_sales
      UNION ALL SELECT cancelled_on, currency, 0, 0, 0, 1, CASE WHEN confirmed_on IS NULL THEN 0 ELSE -coalesce(total, 0) END FROM order_sales
    ), sums AS (
      SELECT day, currency::text, sum(placed) AS placed, sum(confirmed) AS confirmed, sum(rejected) AS rejected,
        sum(cancelled) AS cancelled, sum(revenue) AS revenue
      FROM told WHERE day IS NOT NULL AND currency IS NOT NULL GROUP BY day, currency
    ), compared AS (
      SELECT coalesce(d.day, s.day) AS day, coalesce(d.currency::text, s.currency) AS currency,
        format('%s placed, %s confirmed, %s rejected, %s cancelled, %s taken', coalesce(d.placed, 0), coalesce(d.confirmed, 0),
          coalesce(d.rejected, 0), coalesce(d.cancelled, 0), coalesce(d.revenue, 0)) AS counted,
        format('%s placed, %s confirmed, %s rejected, %s cancelled, %s taken', coalesce(s.placed, 0), coalesce(s.confirmed, 0),
          coalesce(s.rejected, 0), coalesce(s.cancelled, 0), coalesce(s.revenue, 0)) AS told
      FROM daily_sales d FULL JOIN sums s ON s.day = d.day AND s.currency = d.currency::text
    )
    SELECT format('%s %s', day, currency) AS who, format('Counted are %s; its orders say %s.', counted, told) AS why
    FROM compared WHERE counted <> told`,
}

export const aftermathInvariants = [oneMailEach, mailsAreSent, points, sales]
