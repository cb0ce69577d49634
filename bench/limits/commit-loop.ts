// The limit where pgbench is not installed: the same statement in a loop, prepared, on as many connections.
import pg from 'pg'
import { serveCommands } from '../stage/remote.ts'

interface Plan {
  url: string
  sql: string
  parameters: readonly { min: number; max: number }[]
  clients: number
  seconds: number
}

async function run({ url, sql, parameters, clients, seconds }: Plan): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => open(url)))
  const text = sql.replaceAll(/\$(\d)/g, '$$$1::int')
  const began = performance.now()
  let commits = 0
  const client = async (connection: pg.Client) => {
    while (performance.now() - began < seconds * 1_000) {
      const values = parameters.map(({ min, max }) => min + Math.floor(Math.random() * (max - min + 1)))
      await connection.query({ name: 'limit', text, values })
      commits++
    }
  }
  await Promise.all(connections.map(client))
  const took = (performance.now() - began) / 1_000
  await Promise.all(connections.map((connection) => connection.end()))
  return commits / took
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

serveCommands({ run })
