import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { openDatabase } from '#platform/database'
import { commandLine, parse } from '../../dev/command-line.ts'
import { InstanceSet, provideServices, SetupError } from '../../dev/services/index.ts'
import { catalogueOf, stockFor, type CatalogueProduct } from './catalogue.ts'
import { sortLines, type Invoice } from './invoices.ts'
import { placeOrders, UNDECIDED, untilDecided } from './place-orders.ts'
import { showProgress } from './progress.ts'
import { describeFile, describeOutcomes, describePlaced } from './report.ts'
import { readRetailLines } from './retail-line.ts'
import { expectApi, openShopApi } from './shop-api.ts'

const EXAMPLES = `
The catalogue goes into DATABASE_URL; without it into the database of npm start.

Examples:
  npm run import -- online_retail.csv --dry-run
  npm run import -- online_retail.csv --limit 1000 --guests`

const PATIENCE_MS = 10 * 60_000

interface Flags {
  limit: number
  guests?: boolean
  api: string
  key: string
  concurrency: number
  dryRun?: boolean
}

/** The goods of a retail CSV become a catalogue, and its orders are placed through the API. @returns the exit code */
export function importCommand(args: string[]): Promise<number> {
  const api = `http://127.0.0.1:${process.env['PORT'] || 3000}`
  const program = commandLine(
    'npm run import --',
    'Puts the goods of a retail CSV into the catalogue and places its orders.',
  )
    .argument('<file.csv>')
    .addOption(new Option('--limit <n>', 'only the first n orders').argParser(upTo(1_000_000)).default(Infinity, 'all'))
    .option('--guests', "take orders without a customer too, each as a guest's")
    .option('--api <url>', 'where orders are placed', api)
    .option('--key <key>', 'API key', 'fanfare_demo')
    .option('--concurrency <n>', 'requests under way at once', upTo(256), 8)
    .option('--dry-run', 'only say what is in the file')
    .addHelpText('after', EXAMPLES)
    .action(importFile)
  return parse(program, args)
}

async function importFile(
  file: string,
  { limit, guests = false, api, key, concurrency, dryRun }: Flags,
): Promise<void> {
  const lines = readRetailLines(readText(file))
  const sorted = sortLines(lines, { guests })
  say(describeFile(sorted))
  if (dryRun) return
  await expectApi(api)
  const invoices = sorted.invoices.slice(0, limit)
  const products = catalogueOf(lines)
  await fillCatalogue(products, invoices)
  say(`${products.length} products in the catalogue`)
  await placeAndWait(api, key, invoices, concurrency)
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
  const { urls, release } = await provideServices(InstanceSet.open('dev'), say, { names: ['postgres'] })
  return { url: urls.postgres, release }
}

const upTo = (max: number) => (text: string) => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw new InvalidArgumentError(`This must be a whole number from 1 to ${max}.`)
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
