// npm run screenshots: every page of the console of a system that runs, on two sizes and in both colours, to be looked at.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { commandLine, parse } from '../command-line.ts'
import { PROJECT } from '../project.ts'
import { openChromium } from './chromium.ts'
import { live } from './life/live.ts'
import { pagesToShow, type Shown } from './pages.ts'
import { COLOURS, SIZES, signedIn, take, type Looks } from './take.ts'

interface Asked {
  url: string
  key: string
}
interface Flags extends Asked {
  only?: string
  size?: Looks['size']
}

const FOLDER = path.join(PROJECT, '.fanfare/screenshots')
const OF_DOCS = path.join(PROJECT, 'docs/pictures')
/** The pictures of the README and of docs/console.md, some no higher than a window. */
const PICTURES: Record<string, Looks & { page: string; isWindow: boolean }> = {
  overview: { page: 'overview', size: 'desktop', colours: 'light', isWindow: true },
  order: { page: 'order', size: 'desktop', colours: 'light', isWindow: true },
  'flow-dark': { page: 'flow', size: 'desktop', colours: 'dark', isWindow: false },
  'overview-phone-dark': { page: 'overview', size: 'phone', colours: 'dark', isWindow: true },
}

/** @returns the exit code */
export function screenshotsCommand(args: string[]): Promise<number> {
  const program = commandLine('npm run screenshots --', 'Takes pictures of every page of the console.')
    .enablePositionalOptions()
    .option('--url <url>', 'of the API', 'http://127.0.0.1:3000')
    .option('--key <key>', 'with the scope admin', 'fanfare_demo')
    .option('--only <name>', 'pages whose name begins so')
    .option('--size <size>', 'desktop or phone')
    .action(takeAll)
  program
    .command('docs')
    .description('takes the pictures of docs/pictures anew')
    .option('--url <url>', 'of the API', 'http://127.0.0.1:3000')
    .option('--key <key>', 'with the scope admin', 'fanfare_demo')
    .action(takeForDocs)
  program
    .command('life')
    .description('stands around a system and places orders, some of which fail, until Ctrl-C')
    .option('--url <url>', 'of the API', 'http://127.0.0.1:3000')
    .option('--key <key>', 'with the scope admin', 'fanfare_demo')
    .option('--rate <number>', 'orders each second', '2')
    .option('--away <part>', 'mail or gateway does not answer', 'none')
    .option('--outside <port>', 'the first of three ports: mail server, gateway, shop', '4597')
    .action(live)
  return parse(program, args)
}

async function takeAll({ url, key, only = '', size: wanted }: Flags): Promise<void> {
  await withPages({ url, key }, async (pages, browser) => {
    const chosen = pages.filter(({ name }) => name.startsWith(only))
    for (const size of SIZES.filter((one) => (wanted ?? one) === one))
      for (const colours of COLOURS) {
        const context = await signedIn(browser, { url, key, size, colours })
        for (const page of chosen) {
          const file = path.join(FOLDER, `${page.name}-${size}-${colours}.png`)
          await take(context, { url, page, file }).catch((error: Error) => missing(file, error))
        }
        await context.close()
      }
  })
}

async function takeForDocs(asked: Asked): Promise<void> {
  await withPages(asked, async (pages, browser) => {
    for (const [name, { page: of, isWindow, ...looks }] of Object.entries(PICTURES)) {
      const page = pages.find((one) => one.name === of)
      if (!page) throw new Error(`There is nothing to see of ${of} yet: let npm run screenshots -- life go on.`)
      const context = await signedIn(browser, { ...asked, ...looks })
      await take(context, { url: asked.url, page, file: path.join(OF_DOCS, `${name}.png`), isWindow })
      await context.close()
    }
  })
}

async function withPages({ url, key }: Asked, use: (pages: Shown[], browser: Browser) => Promise<void>): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const browser = await openChromium()
  try {
    await use(await pagesToShow(url, key), browser)
  } finally {
    await browser.close()
  }
}

/** The others can still be taken. */
function missing(file: string, { message }: Error): void {
  console.error(`${path.basename(file)}: ${message}`)
  process.exitCode = 1
}
