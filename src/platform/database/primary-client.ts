import pg from 'pg'

/** Milliseconds that a server is given to say whether it is the primary; less than the pool waits for a connection. */
const ANSWER_WITHIN_MS = 1_500

export type ClientClass = new (config?: pg.ClientConfig) => pg.Client

interface Place {
  host: string
  port: number
}

/**
 * pg's client for a connection string of one server or, as libpq has it, of several:
 * `postgresql://user:password@host1:5432,host2:5432/database?target_session_attrs=read-write`.
 *
 * Of several it connects to the primary: the one that is not in recovery and takes changes. All are asked at the same
 * time; the answer holds until a connection fails or turns out to be read-only, and then they are asked again. So after
 * a failover whoever opens a connection finds the new primary. `target_session_attrs` need not be given for that; with
 * one server it has each new connection checked in the same way, and with several `any` takes the first that answers.
 *
 * Make one class per connection string and process: it remembers where the primary is.
 */
export function clientFor(connectionString: string): ClientClass {
  const { servers, mustWrite } = serversOf(connectionString)
  const primary = servers.length > 1 ? createSearch(servers, mustWrite) : undefined
  return class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      super({ ...config, connectionString: servers[0] })
      this.on('error', () => {}) // one that breaks before anybody listens would end the process; its statements fail
    }

    override connect(): Promise<pg.Client>
    override connect(callback: (error: Error) => void): void
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
      const connected = this.#connect()
      if (!callback) return connected
      const told = callback as (error: Error | null, client?: pg.Client) => void
      // Outside the promise: what the callback throws is not ours to swallow.
      connected.then(
        () => setImmediate(told, null, this),
        (error: Error) => setImmediate(told, error),
      )
    }

    async #connect(): Promise<pg.Client> {
      const place = await primary?.find()
      if (this.connection.stream.destroyed) throw new Error('Connection terminated due to connection timeout')
      Object.assign(this, place)
      try {
        await super.connect()
        if (mustWrite) await expectPrimary(this)
        return this
      } catch (error) {
        primary?.forget(place)
        void this.end().catch(() => {})
        throw error
      }
    }
  }
}

/** The connection string of the primary alone, for programs that know one server. @throws AggregateError when none is found */
export function findPrimary(connectionString: string): Promise<string> {
  const { servers, mustWrite } = serversOf(connectionString)
  return Promise.any(servers.map((server) => ask(server, mustWrite).then(() => server)))
}

/** Each server of a connection string as one of its own, and whether the one to use must take changes. */
export function serversOf(connectionString: string): { servers: [string, ...string[]]; mustWrite: boolean } {
  const [before, hosts, after] = partsOf(connectionString)
  const servers = hosts.split(',').map((host) => `${before}${host}${after}`)
  const wanted = /[?&]target_session_attrs=([^&]*)/.exec(after)?.[1]
  const mustWrite = wanted === undefined ? servers.length > 1 : wanted !== 'any'
  return { servers: servers as [string, ...string[]], mustWrite }
}

/** `host:port` of each server, without user and password, for sentences. */
export const placesOf = (connectionString: string): string => partsOf(connectionString)[1].replaceAll(',', ', ')

/** `postgresql://user:password@`, the hosts, and the rest. */
function partsOf(connectionString: string): [string, string, string] {
  const [, before = '', hosts = '', after = ''] = /^(\w+:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/s.exec(connectionString) ?? []
  return [before, hosts, after]
}

function createSearch(servers: readonly string[], mustWrite: boolean) {
  let found: Place | undefined
  let searching: Promise<Place> | undefined
  const search = () => Promise.any(servers.map((server) => ask(server, mustWrite)))
  return {
    async find(): Promise<Place> {
      if (found) return found
      searching ??= search().finally(() => (searching = undefined))
      found = await searching
      return found
    },
    forget(place: Place | undefined) {
      if (found === place) found = undefined
    },
  }
}

async function ask(server: string, mustWrite: boolean): Promise<Place> {
  const limits = { connectionTimeoutMillis: ANSWER_WITHIN_MS, query_timeout: ANSWER_WITHIN_MS }
  const client = new pg.Client({ connectionString: server, application_name: 'fanfare search', ...limits })
  client.on('error', () => {})
  try {
    await client.connect()
    if (mustWrite) await expectPrimary(client)
    return { host: client.host, port: client.port }
  } finally {
    void client.end().catch(() => {})
  }
}

/** The SQLSTATE of what a read-only server refuses. */
const READ_ONLY = '25006'

async function expectPrimary(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ takes: boolean }>(
    `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS takes`,
  )
  if (rows[0]?.takes) return
  const message = `PostgreSQL at ${client.host}:${client.port} takes no changes: it is a standby, or read-only`
  throw Object.assign(new Error(message), { code: READ_ONLY })
}
