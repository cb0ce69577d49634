/** What a key may be allowed to do. `admin` is for operators: all of it, on the orders of every client. */
export const SCOPES = [
  'orders:read',
  'orders:write',
  'refunds',
  'shipments:report',
  'catalog:write',
  'webhooks',
  'analytics',
  'admin',
] as const
export type Scope = (typeof SCOPES)[number]

/** Who is asking: the client behind a key, and what that key may do. */
export interface Caller {
  /** Of the client: a shop, a channel, a carrier, a support desk. Its keys share its orders and its idempotency keys. */
  readonly clientId: string
  readonly client: string
  readonly scopes: ReadonlySet<Scope>
  /** Its orders are marked as tests, and only the sandbox of a payment provider takes them. */
  readonly test: boolean
  /** Written with every event and log line of what it changes: `web-shop/1f0c9a2e`, the client and the last digits of the key's id. */
  readonly actor: string
}

export const allows = ({ scopes }: Caller, scope: Scope): boolean => scopes.has(scope) || scopes.has('admin')

/** An operator sees the orders of every client; to everybody else those of another client do not exist. */
export const seesAll = ({ scopes }: Caller): boolean => scopes.has('admin')
export const owns = (caller: Caller, { clientId }: { clientId: string }): boolean =>
  caller.clientId === clientId || seesAll(caller)
