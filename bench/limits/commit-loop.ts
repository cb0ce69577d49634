// The limit where pgbench is not installed: the same statements in a loop, prepared, on as many connections.
import pg from 'pg'
import { serveCommands } from '../stage/remote.ts'
import type { Transaction } from './statement.ts'

export interface Plan {
  url: string
  transaction: Transaction
  clients: number
  seconds: number
  /** The first number for `$1`; a client's own are as far apart as there are clients. */
  start: number
}

/** @returns commits per second */
async function run({ url, transaction, clients, seconds, start }: Plan): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => open(url)))
  const statements = transaction.statements.map(prepare)
  const began = performance.now()
  let commits = 0
  const client = async (connection: pg.Client, index: number) => {
    for (let turn = start + 1; performance.now() - began < seconds * 1_000; turn++) {
      const drawn = transaction.draws.map(({ min, max }) => min + Math.floor(Math.random() * (max - min + 1)))
      const values = [turn * clients + index, ...drawn]
      if (statements.length > 1) await connection.query('BEGIN')
      for (const { name, text, uses } of statements)
        await connection.query({ name, text, values: uses.map((number) => values[number - 1]) })
      if (statements.length > 1) await connection.query('COMMIT')
      commits++
    }
  }
  await Promise.all(connections.map(client))
  const took = (performance.now() - began) / 1_000
  await Promise.all(connections.map((connection) => connection.end()))
  return commits / took
}

/** The parameters that this statement uses, numbered as if there were no others. */
function prepare(sql: string, index: number) {
  const uses = [...new Set(Array.from(sql.matchAll(/\$(\d)/g), ([, number]) => Number(number)))]
  const text = sql.replaceAll(/\$(\d)/g, (_, number) => `$${uses.indexOf(Number(number)) + 1}::bigint`)
  return { name: `limit ${index}`, text, uses }
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

serveCommands({ run })
