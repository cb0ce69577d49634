import { WORKER_ROLE } from '#messaging'

/** What a role may do with a table: select, insert, update, delete. */
type Rights = '' | 's' | 'i' | 'u' | 'si' | 'su' | 'siu' | 'sd' | 'sid' | 'sud' | 'siud'

/** The processes of each role; see docs/deploying.md. */
export const ROLES = { api: 'fanfare_api', worker: WORKER_ROLE, read: 'fanfare_read' } as const

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
  // catalogue and inventory
  products: of('siu', 's'),
  stock: of('siu', 'su'),
  reservations: of('', 'siu'),
  stock_receipts: of('si', 's'),
  stock_corrections: of('si', 's'),
  // loyalty
  loyalty_orders: of('', 'siu'),
  loyalty_accounts: of('', 'siu'),
  // the core
  events: of('si', 'si'), // append-only
  streams: of('siu', 'siu'),
  archives: of('s', 's'),
  handled_events: of('s', 'si'),
  operator_actions: of('si', 'si'), // append-only
  subscriptions: of('s', 'siud'),
  relay_checkpoints: of('s', 'siu'),
  leases: of('s', 'siu'),
  deliveries: of('sud', 'siud'), // operators repair them through the API
  delivery_history: of('si', 'si'),
  reconcile_state: of('s', 'siu'),
  broker_markers: of('', 'siud'),
  breakers: of('s', 'siud'),
  reaction_pauses: of('siud', 'sd'), // by operators, through the API; a worker that retires a reaction ends its pause
  processes: of('siud', 'siud'), // each tells of itself
  metric_rollups: of('s', ''), // written by the scheduler, which is the owner
  schedule_runs: of('su', ''), // likewise; operators ask for runs through the API
  alerts: of('', ''),
  projections: of('s', 'siud'), // their own tables: see below
  projection_shadows: of('s', 'siud'),
  // notification
  sent_mails: of('', 'sid'),
  // orders; keys and their answers are for the API alone
  orders: of('siu', 'su'),
  order_lines: of('si', 's'),
  order_counters: of('siu', '', ''),
  order_history: of('s', 'si'),
  idempotency_keys: of('siud', 'sd', ''),
  // keys of personal data: a row that is locked needs the right to update
  personal_keys: of('siu', 'siu', ''),
  forgotten_persons: of('s', 's'),
  // what is left of deleted orders: written by the scheduler and by `orders delete`, which are the owner
  deleted_orders: of('s', ''),
  carried_forward: of('', ''),
  // payment
  payments: of('siu', 'siu'), // the API sets refunds aside
  refunds: of('siu', 'siu'), // the API settles what was refunded at the provider, workers set cancelled pieces aside
  payment_tokens: of('sid', 'sud', ''), // it is deleted with whatever is booked for the order
  payment_ledger: of('i', 'si'), // append-only; the API books what was refunded at the provider
  provider_events: of('si', ''),
  // webhooks: the scheduler, which is the owner, delivers them
  webhook_endpoints: of('siud', ''),
  webhook_deliveries: of('siud', ''),
  webhook_attempts: of('s', ''),
  webhook_cursor: of('', ''),
  // shipping
  shipments: of('su', 'siu'),
  parcels: of('siu', 's'), // clients book them, carriers report them
}

const WORDS = { s: 'SELECT', i: 'INSERT', u: 'UPDATE', d: 'DELETE' } as const

const makeRole = (role: string) => `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

/**
 * Workers make the tables of projections, each in a schema of its own, and everybody reads them. Who may act for the workers,
 * as the owner may from now on, rebuilds them as well.
 */
const PROJECTIONS = [
  `DO $$ BEGIN
    IF NOT pg_has_role('${ROLES.worker}', 'MEMBER') THEN EXECUTE format('GRANT ${ROLES.worker} TO %I', current_user); END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO ${ROLES.worker}', current_database());
  END $$`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${ROLES.worker} GRANT USAGE ON SCHEMAS TO ${ROLES.api}, ${ROLES.read}`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${ROLES.worker} GRANT SELECT ON TABLES TO ${ROLES.api}, ${ROLES.read}`,
  `DO $$ DECLARE made record; BEGIN
    FOR made IN SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection\\_%' LOOP
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${ROLES.api}, ${ROLES.read}', made.nspname);
      EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO ${ROLES.api}, ${ROLES.read}', made.nspname);
      EXECUTE format('ALTER SCHEMA %I OWNER TO ${ROLES.worker}', made.nspname);
    END LOOP;
    FOR made IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'projection\\_%' LOOP
      EXECUTE format('ALTER TABLE %I.%I OWNER TO ${ROLES.worker}', made.schemaname, made.tablename);
    END LOOP;
  END $$`,
]

/** The statements that make the roles and give them exactly these rights on the tables that are there. */
export function statementsFor(tables: readonly string[]): string[] {
  const roles = Object.entries(ROLES) as [keyof TableRights, string][]
  const everybody = roles.map(([, role]) => role).join(', ')
  return [
    ...roles.map(([, role]) => makeRole(role)),
    `GRANT USAGE ON SCHEMA public TO ${everybody}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${everybody}`,
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${ROLES.api}, ${ROLES.worker}`,
    ...PROJECTIONS,
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
