import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { prepareTemplate } from '../../dev/services/index.ts'
import { plantKey } from '../../src/api/index.ts'
import { API_KEY, PRICE, SKUS } from '../load/orders.ts'

export interface BenchDatabase extends OpenDatabase {
  url: string
}

export interface Databases {
  /** A database of its own with our schema, a catalogue, and more stock than anybody can buy. */
  create(label: string): Promise<BenchDatabase>
  /** Writes out what the last run has left to write, so that it does not fall on the next one. */
  checkpoint(): Promise<void>
  /** Of the server. */
  version(): Promise<string>
  close(): Promise<void>
}

/** Plenty, and still an integer for PostgreSQL when it is moved about. */
const STOCK = 500_000_000

export async function openDatabases(server: string): Promise<Databases> {
  const id = randomBytes(3).toString('hex')
  const admin = new pg.Client({ connectionString: at(server, 'postgres') })
  await admin.connect()
  const template = await prepareTemplate(server, 'bench_template')
  const seeded = `bench_${id}_seeded`
  const open: BenchDatabase[] = []
  const names = [seeded]
  await admin.query(`CREATE DATABASE "${seeded}" TEMPLATE "${new URL(template).pathname.slice(1)}"`)
  await fill(at(server, seeded))
  return {
    async create(label) {
      const name = `bench_${id}_${label}_${names.length}`
      await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${seeded}"`)
      names.push(name)
      const url = at(server, name)
      const database = { ...openDatabase(url, { poolSize: 4, applicationName: 'fanfare bench' }), url }
      open.push(database)
      return database
    },
    async checkpoint() {
      await admin.query('CHECKPOINT').catch(() => {}) // a given server may not allow it
    },
    async version() {
      const { rows } = await admin.query<{ server_version: string }>('SHOW server_version')
      return rows[0]!.server_version.split(' ')[0]!
    },
    async close() {
      await Promise.all(open.map((database) => database.close()))
      for (const name of names) await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
      await admin.end()
    },
  }
}

async function fill(url: string): Promise<void> {
  const { db, pool, close } = openDatabase(url, { poolSize: 1 })
  try {
    await plantKey(db, 'bench', API_KEY)
    await upsertProducts(
      db,
      SKUS.map((sku) => ({ sku, name: `Product ${sku}`, price: PRICE, currency: 'GBP' })),
    )
    await receiveStock(
      db,
      SKUS.map((sku) => ({ sku, quantity: STOCK })),
    )
    await pool.query('VACUUM ANALYZE')
  } finally {
    await close()
  }
}

function at(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
