/** What a role may do with a table: select, insert, update, delete. */
type Rights = '' | 's' | 'i' | 'u' | 'si' | 'su' | 'siu' | 'sd' | 'sid' | 'siud'

/** The processes of each role; see docs/deploying.md. */
export const ROLES = { api: 'fanfare_api', worker: 'fanfare_worker', read: 'fanfare_read' } as const

interface TableRights {
  /** The API. */
  api: Rights
  /** Relay and workers. */
  worker: Rights
  /** Reports and dashboards. */
  read: Rights
}

const of = (api: Rights, worker: Rights, read: Rights = 's'): TableRights => ({ api, worker, read })

/**
 * What each role may do with each table. A table that is not listed can be used by nobody but the owner; a test names it.
 * Rows of the tables marked so are never changed: no role may, and triggers refuse it even to the owner.
 */
export const RIGHTS: Readonly<Record<string, TableRights>> = {
  // access: hashes of keys are for the API alone
  clients: of('siu', ''),
  api_keys: of('siu', '', ''),
  // analytics
  order_sales: of('s', 'siu'),
  daily_sales: of('s', 'siu'),
  product_sales: of('s', 'siu'),
  // catalogue and inventory
  products: of('s', 's'),
  stock: of('s', 'su'),
  reservations: of('', 'siu'),
  stock_receipts: of('', 's'),
  // loyalty
  loyalty_orders: of('', 'siu'),
  loyalty_accounts: of('', 'siu'),
  // the core
  events: of('si', 'si'), // append-only
  streams: of('siu', 'siu'),
  archives: of('s', 's'),
  handled_events: of('s', 'si'),
  operator_actions: of('', 'si'), // append-only
  subscriptions: of('s', 'siud'),
  relay_checkpoints: of('s', 'siu'),
  leases: of('s', 'siu'),
  deliveries: of('s', 'siud'),
  delivery_history: of('s', 'si'),
  reconcile_state: of('s', 'siu'),
  broker_markers: of('', 'siud'),
  // notification
  sent_mails: of('', 'sid'),
  // orders; keys and their answers are for the API alone
  orders: of('siu', 'su'),
  order_lines: of('si', 's'),
  order_history: of('s', 'si'),
  idempotency_keys: of('siud', 'sd', ''),
  // payment
  payments: of('', 'siu'),
  payment_tokens: of('si', 'sd', ''), // a worker deletes it when it was used
  payment_ledger: of('', 'si'), // append-only
  // shipping
  shipments: of('su', 'siu'),
}

const WORDS = { s: 'SELECT', i: 'INSERT', u: 'UPDATE', d: 'DELETE' } as const

const makeRole = (role: string) => `
DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

/** The statements that make the roles and give them exactly these rights on the tables that are there. */
export function statementsFor(tables: readonly string[]): string[] {
  const roles = Object.entries(ROLES) as [keyof TableRights, string][]
  const everybody = roles.map(([, role]) => role).join(', ')
  return [
    ...roles.map(([, role]) => makeRole(role)),
    `GRANT USAGE ON SCHEMA public TO ${everybody}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${everybody}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${ROLES.api}, ${ROLES.worker}`,
    ...tables.flatMap((table) =>
      roles.flatMap(([key, role]) => {
        const letters = Array.from(RIGHTS[table]?.[key] ?? '') as (keyof typeof WORDS)[]
        return letters.length === 0
          ? []
          : [`GRANT ${letters.map((letter) => WORDS[letter]).join(', ')} ON "${table}" TO ${role}`]
      }),
    ),
  ]
}
