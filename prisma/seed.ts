import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { directUrl, readConfig, StartupError } from '#platform/config'
import { openDatabase, type Database } from '#platform/database'
import { DEMO_KEY, plantKey } from '../src/api/index.ts'

/** A small shop to try things on: SKU, name, price in pence, pieces in stock. */
const SHOP = [
  ['MUG-01', 'Enamel mug, white', 1_250, 500],
  ['MUG-02', 'Enamel mug, blue', 1_250, 500],
  ['TEA-01', 'Breakfast tea, 250 g', 695, 1_000],
  ['TEA-02', 'Earl Grey, 250 g', 745, 1_000],
  ['TEAPOT-01', 'Teapot for four', 3_400, 200],
  ['KETTLE-01', 'Stove kettle, copper', 8_900, 60],
  ['TRAY-01', 'Birch tray', 2_800, 150],
  ['JAM-01', 'Strawberry jam', 450, 800],
  ['SCONE-01', 'Scone mix', 380, 800],
  ['SPOON-01', 'Silver teaspoon', 1_900, 300],
  ['CLOTH-01', 'Linen tablecloth', 5_600, 80],
  ['LAST-01', 'Signed print, the last five', 12_000, 5],
] as const

/** Fills an empty database for development. Run again it changes nothing: stock that was sold stays sold. */
async function seed(db: Database): Promise<string> {
  await plantKey(db, 'demo', DEMO_KEY)
  return db.$transaction(async (tx) => {
    const goods = SHOP.map(([sku, , , quantity]) => ({ sku, quantity }))
    if (!(await receiveStock(tx, goods, 'seed'))) return 'The catalogue is there already.'
    await upsertProducts(
      tx,
      SHOP.map(([sku, name, price]) => ({ sku, name, price, currency: 'GBP' })),
    )
    return `${SHOP.length} products and their stock are in.`
  })
}

async function main() {
  const config = readConfig()
  if (config.NODE_ENV === 'production')
    throw new StartupError(
      `The seed puts the well-known key ${DEMO_KEY} in; it is refused when NODE_ENV is production.`,
    )
  const { db, close } = openDatabase(directUrl(config), { poolSize: 2 })
  try {
    process.stdout.write(`${await seed(db)} API key: ${DEMO_KEY}\n`)
  } finally {
    await close()
  }
}

main().catch((error: unknown) => {
  const text = error instanceof StartupError ? error.message : String((error as Error).stack)
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
})
