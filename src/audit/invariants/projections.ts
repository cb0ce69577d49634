import { Prisma } from '#prisma'
import { since, type Invariant } from '../invariant.ts'

export const projectionsMoveOn: Invariant = {
  name: 'projection-is-current',
  says: 'No projection has failed, or is behind for longer than patience lasts.',
  offenders: (limits) => Prisma.sql`
    SELECT p.name AS who, CASE state WHEN 'running' THEN format('It stands at position %s, and %s was stored after it.', p.position, e.type)
      ELSE format('It is %s since %s%s', state, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), coalesce(': ' || reason, '.')) END AS why
    FROM projections p
    LEFT JOIN LATERAL (SELECT type, occurred_at FROM events WHERE position > p.position ORDER BY position LIMIT 1) e ON true
    WHERE state = 'failed' OR ${since('e.occurred_at', limits)}`,
}

/** What each day and currency adds up to by the events that the projection has passed. */
const SALES_BY_EVENTS = Prisma.sql`
  facts AS MATERIALIZED (
    SELECT e.type, e.stream, (e.occurred_at AT TIME ZONE 'UTC')::date AS day, e.data->'total'->>'currency' AS currency,
      (e.data->'total'->>'amount')::bigint AS amount
    FROM events e JOIN projections p ON p.name = 'analytics.sales' AND e.position <= p.position
    WHERE e.type IN ('order.placed', 'order.confirmed', 'order.rejected', 'order.cancelled', 'order.expired')
  ), money AS (
    SELECT stream, min(currency) AS currency, coalesce(max(amount) FILTER (WHERE type = 'order.confirmed'), 0) AS taken
    FROM facts WHERE type IN ('order.placed', 'order.confirmed') GROUP BY stream
  ), told AS (
    SELECT day, money.currency, count(*) FILTER (WHERE type = 'order.placed') AS placed,
      count(*) FILTER (WHERE type = 'order.confirmed') AS confirmed, count(*) FILTER (WHERE type = 'order.rejected') AS rejected,
      count(*) FILTER (WHERE type = 'order.cancelled') AS cancelled, count(*) FILTER (WHERE type = 'order.expired') AS expired,
      sum(CASE type WHEN 'order.confirmed' THEN amount WHEN 'order.cancelled' THEN -taken ELSE 0 END) AS revenue
    FROM facts JOIN money USING (stream) GROUP BY day, money.currency
  )`

const SENTENCE = (side: string) => {
  const columns = ['placed', 'confirmed', 'rejected', 'cancelled', 'expired', 'revenue']
  const values = columns.map((column) => `coalesce(${side}.${column}, 0)`).join(', ')
  return Prisma.raw(`format('%s placed, %s confirmed, %s rejected, %s cancelled, %s expired, %s taken', ${values})`)
}

const sales: Invariant = {
  name: 'sales-add-up',
  says: 'What a day has counted is what the events of its orders say, while none are archived.',
  needs: 'projection_analytics_sales',
  offenders: () => Prisma.sql`
    WITH ${SALES_BY_EVENTS}, counted AS (
      SELECT day, currency, sum(placed) AS placed, sum(confirmed) AS confirmed, sum(rejected) AS rejected,
        sum(cancelled) AS cancelled, sum(expired) AS expired, sum(revenue) AS revenue
      FROM projection_analytics_sales.by_country GROUP BY day, currency
    ), compared AS (
      SELECT coalesce(c.day, t.day) AS day, coalesce(c.currency, t.currency) AS currency, ${SENTENCE('c')} AS counted, ${SENTENCE('t')} AS told
      FROM counted c FULL JOIN told t ON t.day = c.day AND t.currency = c.currency
    )
    SELECT format('%s %s', day, currency) AS who, format('Counted are %s; its events say %s.', counted, told) AS why
    FROM compared WHERE counted <> told
      AND NOT EXISTS (SELECT FROM archives WHERE state <> 'attached')`,
}

/** A read model that has a row for each order, with its status: compared with the orders whose events it has passed. */
const knowsOrders = (name: string, projection: string, table: string): Invariant => {
  const schema = `projection_${projection.replaceAll(/[.-]/g, '_')}`
  return {
    name,
    says: `${projection} has every order, in the state that it is in.`,
    needs: schema,
    offenders: () => Prisma.sql`
      SELECT coalesce(o.id, r.order_id) AS who, CASE WHEN r.order_id IS NULL THEN 'It is missing.' WHEN o.id IS NULL THEN 'There is no such order.'
        ELSE format('It is %s there; the order is %s.', r.status, o.status) END AS why
      FROM orders o FULL JOIN ${Prisma.raw(`${schema}.${table}`)} r ON r.order_id = o.id
      WHERE (o.id IS NULL OR r.order_id IS NULL OR o.status <> r.status OR o.total <> r.total)
        AND NOT (o.id IS NULL AND EXISTS (SELECT FROM deleted_orders d WHERE d.order_id = r.order_id))
        AND NOT EXISTS (
          SELECT FROM events e WHERE e.stream = 'order-' || coalesce(o.id, r.order_id)
            AND e.position > (SELECT position FROM projections WHERE name = ${projection}))`,
  }
}

export const projectionInvariants = [
  projectionsMoveOn,
  sales,
  knowsOrders('customers-have-their-orders', 'lookup.customer-orders', 'orders'),
  knowsOrders('search-knows-the-orders', 'lookup.order-search', 'documents'),
]
