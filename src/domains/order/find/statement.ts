import { Prisma } from '#prisma'
import { firstIdSince } from '#platform/uuid'
import { ORDER_STATUSES } from '../state/order-states.ts'
import type { Cursor } from './cursor.ts'
import { isByUpdate, type OrderQuery, type Sort, type Way } from './query.ts'

export interface Asked {
  readonly clientId: string
  readonly way: Way
  readonly sort: Sort
  readonly query: OrderQuery
  /** Whom the e-mail address of the query stands for. */
  readonly person?: string | undefined
  readonly after?: Cursor | undefined
  readonly limit: number
}

/** No id, and no moment of a change, is below or above these. */
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'
const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const [FIRST_MOMENT, LAST_MOMENT] = [new Date(0), new Date('9999-12-31T23:59:59.999Z')]

/**
 * An id carries the time by the clock of the API, and `placed_at` is by that of the database, a little later: an order is looked for in so
 * many milliseconds more on both sides, and held against `placed_at` then.
 */
const CLOCKS_MS = 60_000

const COLUMNS = Prisma.sql`o.id, o.number, o.reference, o.status, o.total::text AS total, o.currency,
  o.placed_at AS "placedAt", o.updated_at AS "updatedAt", o.customer, o.sealed`

/**
 * The next orders in the wanted sort. Each way is a walk along one index, whose bounds are rows compared as a whole and whose order is
 * that of the answer: no other index can do that, whatever a planner thinks of how many orders there are.
 */
export function findStatement(asked: Asked): Prisma.Sql {
  switch (asked.way) {
    case 'name':
      return byName(asked)
    case 'customer':
      return byCustomer(asked)
    case 'sku':
      return bySku(asked)
    case 'state':
      return isByUpdate(asked.sort) ? byStateAndUpdate(asked) : byState(asked)
  }
}

const isDescending = (sort: Sort) => sort.startsWith('-')
const direction = (sort: Sort) => Prisma.raw(isDescending(sort) ? 'DESC' : 'ASC')

/** Ids between these are the ones: of the wanted time, and after the cursor. */
function idsOf({ sort, after, query: { created_from: from, created_to: to } }: Asked) {
  const low = from ? firstIdSince(Math.max(0, from.getTime() - CLOCKS_MS)) : BEFORE_ALL
  const high = to ? firstIdSince(to.getTime() + CLOCKS_MS) : AFTER_ALL
  if (!after) return { low, high }
  return isDescending(sort)
    ? { low, high: after.id < high ? after.id : high }
    : { low: after.id > low ? after.id : low, high }
}

function placedIn({ query: { created_from: from, created_to: to } }: Asked): Prisma.Sql[] {
  return [
    ...(from ? [Prisma.sql`o.placed_at >= ${from}::timestamptz`] : []),
    ...(to ? [Prisma.sql`o.placed_at < ${to}::timestamptz`] : []),
  ]
}

/** What else is wanted of few orders. */
function restOf({ clientId, person, query }: Asked): Prisma.Sql[] {
  const { status, sku, email, updated_since: since } = query
  return [
    Prisma.sql`o.client_id = ${clientId}::uuid`,
    ...(status ? [Prisma.sql`o.status = ANY(${status}::text[])`] : []),
    ...(since ? [Prisma.sql`o.updated_at >= ${since}::timestamptz`] : []),
    ...(email === undefined ? [] : [Prisma.sql`o.person = ${person}::uuid`]),
    // A list for each order, not EXISTS: that may be turned round, and begin with all lines.
    ...(sku === undefined
      ? []
      : [Prisma.sql`${sku} = ANY (ARRAY(SELECT l.sku FROM order_lines AS l WHERE l.order_id = o.id))`]),
  ]
}

/**
 * Conditions that are held against each row of a walk. Within CASE no index serves them, and the planner takes them for true of every
 * other row: if it thought that hardly any row is left, it would read along another index, and sort.
 */
function only(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  if (conditions.length === 0) return Prisma.empty
  return Prisma.sql`AND CASE WHEN ${Prisma.join([...conditions], ' AND ')} THEN true END`
}

/** One order, or two where test keys have used a reference as well. */
function byName(asked: Asked): Prisma.Sql {
  const { clientId, sort, after, limit, query } = asked
  const { number, reference } = query
  const found =
    number === undefined
      ? Prisma.sql`reference = ${reference} AND reference IS NOT NULL`
      : Prisma.sql`number = ${number}`
  const both = number !== undefined && reference !== undefined ? [Prisma.sql`o.reference = ${reference}`] : []
  const key = isByUpdate(sort) ? Prisma.sql`o.updated_at ${direction(sort)},` : Prisma.empty
  const { low, high } = isByUpdate(sort) ? { low: BEFORE_ALL, high: AFTER_ALL } : idsOf(asked)
  const [from, to] = momentsOf(sort, isByUpdate(sort) ? after : undefined, undefined)
  return Prisma.sql`
    WITH found AS MATERIALIZED (SELECT * FROM orders WHERE client_id = ${clientId}::uuid AND ${found})
    SELECT ${COLUMNS} FROM found AS o
    WHERE o.id > ${low}::uuid AND o.id < ${high}::uuid AND (o.updated_at, o.id) > (${from.at}::timestamptz, ${from.id}::uuid)
      AND (o.updated_at, o.id) < (${to.at}::timestamptz, ${to.id}::uuid) ${only([...both, ...placedIn(asked), ...restOf(asked)])}
    ORDER BY ${key} o.id ${direction(sort)} LIMIT ${limit}`
}

/** Along the orders of one customer. */
function byCustomer(asked: Asked): Prisma.Sql {
  const { person, sort, limit } = asked
  const { low, high } = idsOf(asked)
  return Prisma.sql`
    SELECT ${COLUMNS} FROM orders AS o
    WHERE (o.person, o.id) > (${person}::uuid, ${low}::uuid) AND (o.person, o.id) < (${person}::uuid, ${high}::uuid)
      ${only([...placedIn(asked), ...restOf({ ...asked, query: { ...asked.query, email: undefined } })])}
    ORDER BY o.person ${direction(sort)}, o.id ${direction(sort)} LIMIT ${limit}`
}

/** Along the lines of one SKU; an order has one line of it. */
function bySku(asked: Asked): Prisma.Sql {
  const { clientId, sort, limit, query } = asked
  const { low, high } = idsOf(asked)
  return Prisma.sql`
    SELECT ${COLUMNS} FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
    WHERE (l.client_id, l.sku, l.order_id) > (${clientId}::uuid, ${query.sku}, ${low}::uuid)
      AND (l.client_id, l.sku, l.order_id) < (${clientId}::uuid, ${query.sku}, ${high}::uuid) ${only(placedIn(asked))}
    ORDER BY l.client_id ${direction(sort)}, l.sku ${direction(sort)}, l.order_id ${direction(sort)} LIMIT ${limit}`
}

/** The next of each state, and of those the next: one index serves lists of one state, of several and of all. */
function byState(asked: Asked): Prisma.Sql {
  const { clientId, sort, limit, query } = asked
  const { low, high } = idsOf(asked)
  const to = direction(sort)
  return Prisma.sql`
    SELECT ${COLUMNS} FROM unnest(${query.status ?? [...ORDER_STATUSES]}::text[]) AS wanted(status)
    CROSS JOIN LATERAL (
      SELECT * FROM orders AS o WHERE (client_id, status, id) > (${clientId}::uuid, wanted.status, ${low}::uuid)
        AND (client_id, status, id) < (${clientId}::uuid, wanted.status, ${high}::uuid) ${only(placedIn(asked))}
      ORDER BY client_id ${to}, status ${to}, id ${to} LIMIT ${limit}
    ) AS o
    ORDER BY o.id ${to} LIMIT ${limit}`
}

/** The same by the time of the latest change. */
function byStateAndUpdate({ clientId, sort, limit, after, query }: Asked): Prisma.Sql {
  const [low, high] = momentsOf(sort, after, query.updated_since)
  const to = direction(sort)
  return Prisma.sql`
    SELECT ${COLUMNS} FROM unnest(${query.status ?? [...ORDER_STATUSES]}::text[]) AS wanted(status)
    CROSS JOIN LATERAL (
      SELECT * FROM orders
      WHERE (client_id, status, updated_at, id) > (${clientId}::uuid, wanted.status, ${low.at}::timestamptz, ${low.id}::uuid)
        AND (client_id, status, updated_at, id) < (${clientId}::uuid, wanted.status, ${high.at}::timestamptz, ${high.id}::uuid)
      ORDER BY client_id ${to}, status ${to}, updated_at ${to}, id ${to} LIMIT ${limit}
    ) AS o
    ORDER BY o.updated_at ${to}, o.id ${to} LIMIT ${limit}`
}

/** Changes between these are the ones: since the wanted time, and after the cursor. */
function momentsOf(sort: Sort, after: Cursor | undefined, since: Date = FIRST_MOMENT) {
  const low = { at: since, id: BEFORE_ALL }
  const high = { at: LAST_MOMENT, id: AFTER_ALL }
  if (!after) return [low, high] as const
  const at = { at: after.updatedAt!, id: after.id }
  if (isDescending(sort)) return [low, at] as const
  return [at.at < since ? low : at, high] as const
}
