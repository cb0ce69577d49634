import type { Database } from '#platform/database'
import type { Positions } from '../city/positions.ts'
import { demand } from './fares.ts'

interface Market {
  demand: ReadonlyMap<string, number>
  supply: ReadonlyMap<string, number>
}

/** Milliseconds for which one look is enough: drivers say where they are once a second. */
const FRESH_MS = 500

let latest: { at: number; market: Promise<Market> } | undefined

/** Demand and supply of all zones, looked at twice a second at most, however many trips ask. */
export function lookAtMarket(db: Database, positions: Positions): Promise<Market> {
  const now = performance.now()
  if (latest && now - latest.at < FRESH_MS) return latest.market
  const market = Promise.all([demand(db), positions.supply()]).then(([asked, free]) => ({
    demand: asked,
    supply: free,
  }))
  latest = { at: now, market }
  market.catch(() => (latest = undefined))
  return market
}
