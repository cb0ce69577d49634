import type { OpenDatabase } from '#platform/database'
import { subjectOf } from '#platform/sealing'
import type { ReceivedMail } from '#testing'
import { audit } from './run-audit.ts'
import type { Bookkeeping } from '../customers/customers.ts'
import type { Kill } from '../../../dev/processes/supervisor.ts'
import type { World } from '../subject.ts'
import type { Kept } from './kept.ts'

type Database = OpenDatabase['db']

/** Holds what the customers, the gateway and the mail server know against what the system has in its books. */
export async function verify(
  { database: { db }, urls, gatewayUrl, mail, processes }: World,
  books: Bookkeeping,
): Promise<Kept[]> {
  const orders = await readOrders(db, books)
  return [
    { promise: 'every order answered 202 exists, once, for its customer', broken: missing(books, orders) },
    { promise: 'an order never answered is there wholly or not at all, and once', broken: unanswered(books, orders) },
    {
      promise: 'every customer has one order at most, and every order its order.placed',
      broken: doubled(books, orders),
    },
    { promise: 'every order has come to its end', broken: await stuck(db) },
    { promise: 'a cancellation that was answered holds', broken: cancellations(books, orders) },
    { promise: 'every event was handled by every reaction on it', broken: await unhandled(db) },
    { promise: 'no message was given up', broken: await deadLetters(db) },
    {
      promise: 'goods: on hand + reserved + shipped = received, nothing oversold, nothing left set aside',
      broken: await goods(db),
    },
    { promise: 'one parcel for each order that was shipped', broken: await parcels(db) },
    { promise: "money: the gateway's totals equal our ledger", broken: await money(db, gatewayUrl) },
    { promise: 'mails: every one sent', broken: await unsentMails(db, mail.received) },
    {
      promise: 'mails: once more only where a kill -9 came between sending and journal',
      broken: unexplained(mail.received, processes.kills),
    },
    {
      promise: 'fanfare audit: every invariant holds',
      broken: await audit({ DATABASE_URL: urls.postgres, PAYMENT_GATEWAY_URL: gatewayUrl }),
    },
  ]
}

interface Row {
  id: string
  email: string
  status: string
  placed: bigint
}

/** Whose an order is, its key of personal data tells: the row itself names nobody. */
async function readOrders(db: Database, { customers }: Bookkeeping): Promise<Row[]> {
  const emails = new Map(customers.map(({ wish: { email } }) => [subjectOf(email), email]))
  const rows = await db.$queryRaw<(Omit<Row, 'email'> & { subject: string | null })[]>`
    SELECT o.id, k.subject, o.status,
      (SELECT count(*) FROM events e WHERE e.correlation_id = o.id::text AND e.type = 'order.placed') AS placed
    FROM orders o LEFT JOIN personal_keys k ON k.person = o.person`
  return rows.map(({ subject, ...row }) => ({ ...row, email: emails.get(subject ?? '') ?? `somebody (${subject})` }))
}

function missing({ customers }: Bookkeeping, orders: readonly Row[]): string[] {
  const emails = new Map(orders.map(({ id, email }) => [id, email]))
  return customers.flatMap(({ wish, orderIds }) => {
    if (orderIds.size > 1)
      return [`${wish.email} was answered with ${orderIds.size} orders: ${[...orderIds].join(', ')}`]
    const [id] = orderIds
    return id === undefined || emails.get(id) === wish.email ? [] : [`${id} of ${wish.email} is not there`]
  })
}

function unanswered({ customers }: Bookkeeping, orders: readonly Row[]): string[] {
  const placed = new Map(orders.map((order) => [order.email, order]))
  const silent = customers.filter(({ orderIds }) => orderIds.size === 0)
  return silent.flatMap(({ wish: { email }, gaveUp }) => {
    if (gaveUp) return [`${email} asked with a key and was never answered`]
    const order = placed.get(email)
    return order && order.placed !== 1n ? [`${order.id} of ${email} has ${order.placed} order.placed`] : []
  })
}

function doubled({ customers }: Bookkeeping, orders: readonly Row[]): string[] {
  const known = new Set(customers.map(({ wish }) => wish.email))
  const seen = new Set<string>()
  return orders.flatMap(({ id, email, placed }) => {
    const faults = [
      ...(seen.has(email) ? [`${id} is one more order of ${email}`] : []),
      ...(known.has(email) ? [] : [`${id} of ${email} was never asked for`]),
      ...(placed === 1n ? [] : [`${id} has ${placed} order.placed`]),
    ]
    seen.add(email)
    return faults
  })
}

function cancellations({ customers }: Bookkeeping, orders: readonly Row[]): string[] {
  const states = new Map(orders.map(({ id, status }) => [id, status]))
  return customers.flatMap(({ cancelled, orderIds }) => {
    const [id = ''] = orderIds
    return cancelled === 'yes' && states.get(id) !== 'cancelled' ? [`${id} is ${states.get(id)}`] : []
  })
}

async function stuck(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string; status: string; waits: string }[]>`
    SELECT id, status, concat_ws(', ', 'stock ' || stock, 'payment ' || payment, 'fraud ' || fraud, 'capture ' || capture) AS waits
    FROM orders WHERE status IN ('placed', 'confirmed') ORDER BY id LIMIT 50`
  return rows.map(({ id, status, waits }) => `${id} is ${status}: ${waits}`)
}

export async function unhandled(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ reaction: string; type: string; events: bigint; example: string }[]>`
    SELECT s.reaction, e.type, count(*) AS events, min(e.id::text) AS example
    FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
    WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
    GROUP BY s.reaction, e.type ORDER BY s.reaction`
  return rows.map(({ reaction, type, events, example }) => `${reaction}: ${events} × ${type}, such as ${example}`)
}

export async function deadLetters(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ reaction: string; reason: string; letters: bigint; error: string }[]>`
    SELECT reaction, reason, count(*) AS letters, min(error_name || ': ' || error_message) AS error
    FROM deliveries WHERE state = 'dead' GROUP BY reaction, reason ORDER BY reaction`
  return rows.map(({ reaction, reason, letters, error }) => `${reaction}: ${letters} × ${reason}, such as ${error}`)
}

async function goods(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ sku: string; fault: string }[]>`
    SELECT s.sku, format('received %s, on hand %s, reserved %s, shipped %s; shipped orders took %s',
      s.received, s.on_hand, s.reserved, s.shipped, coalesce(taken.quantity, 0)) AS fault
    FROM stock s LEFT JOIN (
      SELECT l.sku, sum(CASE o.status WHEN 'returned' THEN 0 ELSE l.quantity - coalesce(gone.quantity, 0) END
        + coalesce(gone.damaged, 0)) AS quantity
      FROM order_lines l JOIN orders o ON o.id = l.order_id
      CROSS JOIN LATERAL (
        SELECT sum(gone.quantity) AS quantity, sum(gone.quantity) FILTER (WHERE NOT gone.restocked) AS damaged
        FROM jsonb_to_recordset(coalesce(o.parts->'cancelled', '[]') || coalesce(o.parts->'returned', '[]')) AS groups(lines jsonb),
          jsonb_to_recordset(groups.lines) AS gone(sku text, quantity int, restocked boolean) WHERE gone.sku = l.sku
      ) gone
      WHERE o.status IN ('shipped', 'delivered', 'returned') GROUP BY l.sku -- what was returned is on the shelf, unless damaged
    ) taken USING (sku)
    WHERE s.on_hand + s.reserved + s.shipped <> s.received OR s.on_hand < 0 OR s.reserved <> 0
      OR s.shipped <> coalesce(taken.quantity, 0)`
  return rows.map(({ sku, fault }) => `${sku}: ${fault}`)
}

async function parcels(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string; status: string; parcels: bigint }[]>`
    SELECT o.id, o.status, count(s.id) FILTER (WHERE s.status IN ('booked', 'delivered')) AS parcels
    FROM orders o LEFT JOIN shipments s ON s.order_id = o.id
    GROUP BY o.id HAVING (o.status IN ('shipped', 'delivered', 'returned'))
      <> (count(s.id) FILTER (WHERE s.status IN ('booked', 'delivered')) = 1)`
  return rows.map(({ id, status, parcels }) => `${id} is ${status} and has ${parcels} parcels`)
}

type Totals = Record<string, Record<string, { count: number; amount: number }>>

async function money(db: Database, gatewayUrl: string): Promise<string[]> {
  const gateway = (await (await fetch(`${gatewayUrl}/v1/totals`)).json()) as Totals
  const ours = await db.$queryRaw<{ currency: string; kind: string; entries: bigint; amount: bigint }[]>`
    SELECT currency, kind, count(*) AS entries, sum(greatest(abs(held), abs(taken))) AS amount
    FROM payment_ledger GROUP BY currency, kind`
  const book = new Map<string, string>(
    ours.map(({ currency, kind, entries, amount }) => [`${currency} ${kind}`, `${entries} × ${amount}`]),
  )
  const theirs = new Map<string, string>(
    Object.entries(gateway).flatMap(([currency, kinds]) =>
      Object.entries(kinds).flatMap(([kind, { count, amount }]) =>
        count === 0 ? [] : [[`${currency} ${kind}`, `${count} × ${amount}`]],
      ),
    ),
  )
  const names = [...new Set([...book.keys(), ...theirs.keys()])].toSorted()
  return names.flatMap((name) => {
    const [we, they] = [book.get(name) ?? 'nothing', theirs.get(name) ?? 'nothing']
    return we === they ? [] : [`${name}: the gateway has ${they}, we have ${we}`]
  })
}

const eventOf = ({ source }: ReceivedMail) => /^X-Fanfare-Event: (\S+)/im.exec(source)?.[1] ?? 'none'

/** When mails that tell of one event more than once were accepted. */
export function repeatedMails(received: readonly ReceivedMail[]): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const mail of received) times.set(eventOf(mail), [...(times.get(eventOf(mail)) ?? []), mail.at])
  return new Map([...times].filter(([, accepted]) => accepted.length > 1))
}

/** The journal is written right after the mail server's answer. */
const JOURNAL_MS = 2_000

function unexplained(received: readonly ReceivedMail[], kills: readonly Kill[]): string[] {
  const ours = kills.filter(({ name }) => name.startsWith('notification'))
  return [...repeatedMails(received)].flatMap(([event, times]) => {
    const [first = 0, ...again] = times
    const between = ours.filter(({ at }) => at >= first - JOURNAL_MS && at <= again.at(-1)!)
    const told = times.map((at) => new Date(at).toISOString()).join(', ')
    return again.length <= between.length ? [] : [`${event} was told of at ${told}; ${between.length} kills between`]
  })
}

async function unsentMails(db: Database, received: readonly ReceivedMail[]): Promise<string[]> {
  const told = new Set(received.map(eventOf))
  const due = await db.$queryRaw<{ id: string; type: string }[]>`
    SELECT e.id::text, e.type FROM events e JOIN handled_events d ON d.event_id = e.id
    WHERE d.reaction = 'notification.email-customer'`
  return due.filter(({ id }) => !told.has(id)).map(({ id, type }) => `${id} (${type}) was not told of`)
}
