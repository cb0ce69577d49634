import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { openDatabase } from '#platform/database'
import { InstanceSet, provideServices, SetupError } from '../../dev/services/index.ts'
import { catalogueOf, stockFor, type CatalogueProduct } from './catalogue.ts'
import { sortLines, type Invoice } from './invoices.ts'
import { placeOrders, UNDECIDED, untilDecided } from './place-orders.ts'
import { showProgress } from './progress.ts'
import { describeFile, describeOutcomes, describePlaced } from './report.ts'
import { readRetailLines } from './retail-line.ts'
import { expectApi, openShopApi } from './shop-api.ts'

const USAGE = `npm run import -- <file.csv> [options]
  Puts the goods of a retail CSV into the catalogue and places its orders through the API.
  --limit N        only the first N orders
  --guests         take orders without a customer too, each as a guest's
  --api URL        @default http://127.0.0.1:$PORT, or port 3000
  --key K          API key, @default fanfare_demo
  --concurrency N  requests under way at once, @default 8
  --dry-run        only say what is in the file
  The catalogue goes into DATABASE_URL; without one into the database of npm start.`

const PATIENCE_MS = 10 * 60_000

export async function importCommand(args: string[]): Promise<void> {
  const { file, limit, guests, dryRun, url, key, lanes } = readOptions(args)
  const lines = readRetailLines(readText(file))
  const sorted = sortLines(lines, { guests })
  say(describeFile(sorted))
  if (dryRun) return
  await expectApi(url)
  const invoices = sorted.invoices.slice(0, limit)
  const products = catalogueOf(lines)
  await fillCatalogue(products, invoices)
  say(`${products.length} products in the catalogue`)
  await placeAndWait(url, key, invoices, lanes)
}

async function placeAndWait(url: string, key: string, invoices: readonly Invoice[], lanes: number): Promise<void> {
  const api = openShopApi(url, key)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const placed = await placeOrders(api, invoices, lanes, showProgress('placed', invoices.length))
  say(describePlaced(placed, seconds()))
  const waiting = { lanes, patienceMs: PATIENCE_MS }
  const outcomes = await untilDecided(api, placed.ids, waiting, showProgress('decided', placed.ids.length))
  say(describeOutcomes(outcomes, seconds()))
  if (outcomes.has(UNDECIDED))
    throw new SetupError('Some orders are not decided: are the relay and the workers running?')
}

async function fillCatalogue(products: readonly CatalogueProduct[], invoices: readonly Invoice[]): Promise<void> {
  const { url, release } = await findDatabase()
  const { db, close } = openDatabase(url, { poolSize: 2, applicationName: 'fanfare import' })
  const stock = stockFor(invoices)
  const receipt = createHash('sha256').update(JSON.stringify(stock)).digest('hex')
  try {
    await db.$transaction(async (tx) => {
      await upsertProducts(tx, products)
      await receiveStock(tx, stock, `import ${receipt}`)
    })
  } finally {
    await close()
    await release()
  }
}

async function findDatabase(): Promise<{ url: string; release: () => Promise<void> }> {
  const given = process.env['DATABASE_URL']
  if (given) return { url: given, release: async () => {} }
  const { urls, release } = await provideServices(InstanceSet.open('dev'), say)
  return { url: urls.postgres, release }
}

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      limit: { type: 'string' },
      guests: { type: 'boolean', default: false },
      api: { type: 'string' },
      key: { type: 'string', default: 'fanfare_demo' },
      concurrency: { type: 'string', default: '8' },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const [file, ...more] = positionals
  if (!file || more.length > 0) throw new SetupError(USAGE)
  return {
    file,
    limit: values.limit === undefined ? Infinity : wholeNumber('--limit', values.limit, 1_000_000),
    guests: values.guests,
    dryRun: values['dry-run'],
    url: values.api ?? `http://127.0.0.1:${process.env['PORT'] || 3000}`,
    key: values.key,
    lanes: wholeNumber('--concurrency', values.concurrency, 256),
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw new SetupError(`${option} ${text} must be a whole number from 1 to ${max}.`)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new SetupError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
