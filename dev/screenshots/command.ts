// npm run screenshots: every page of the console of a system that runs, on two sizes and in both colours, to be looked at.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { commandLine, parse } from '../command-line.ts'
import { PROJECT } from '../project.ts'
import { openChromium } from './chromium.ts'
import { live } from './life/live.ts'
import { pagesToShow, type Shown } from './pages.ts'

interface Flags {
  url: string
  key: string
  only?: string
  size?: keyof typeof SIZES
}

const SIZES = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const
const FOLDER = path.join(PROJECT, '.fanfare/screenshots')

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
    .command('life')
    .description('stands around a system and places orders, some of which fail, until Ctrl-C')
    .option('--url <url>', 'of the API', 'http://127.0.0.1:3000')
    .option('--key <key>', 'with the scope admin', 'fanfare_demo')
    .option('--rate <number>', 'orders each second', '2')
    .option('--away <part>', 'mail or gateway does not answer', 'none')
    .action(live)
  return parse(program, args)
}

async function takeAll({ url, key, only = '', size: wanted }: Flags): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const browser = await openChromium()
  try {
    const pages = (await pagesToShow(url, key)).filter(({ name }) => name.startsWith(only))
    for (const [size, viewport] of Object.entries(SIZES).filter(([size]) => (wanted ?? size) === size))
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({
          viewport,
          colorScheme,
          deviceScaleFactor: 1,
          reducedMotion: 'reduce',
        })
        await signIn(context, url, key)
        for (const page of pages) {
          const name = `${page.name}-${size}-${colorScheme}`
          await take(context, { url, page, name }).catch((error: Error) => missing(name, error))
        }
        await context.close()
      }
  } finally {
    await browser.close()
  }
}

async function signIn(context: BrowserContext, url: string, key: string): Promise<void> {
  const answer = await context.request.post(`${url}/v1/admin/session`, { data: { key } })
  if (!answer.ok()) throw new Error(`${url} did not take the key: ${await answer.text()}`)
}

/** The others can still be taken. */
function missing(name: string, { message }: Error): void {
  console.error(`${name}: ${message}`)
  process.exitCode = 1
}

interface Taking {
  url: string
  page: Shown
  name: string
}

async function take(context: BrowserContext, { url, page: { place, ready, act }, name }: Taking): Promise<void> {
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && console.error(`${name}: ${message.text()}`))
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`))
  await page.goto(url + place)
  await page.locator(ready).first().waitFor({ timeout: 20_000 })
  const times = await page.evaluate<string>(TIMES)
  await act?.(page)
  await page.waitForTimeout(700) // charts draw themselves in
  const hasDialog = (await page.getByRole('dialog').count()) > 0
  const height = await page.evaluate<number>('document.documentElement.scrollHeight')
  if (!hasDialog) await page.setViewportSize({ ...page.viewportSize()!, height }) // what stands at the side is as high as the page
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`) })
  const isWider = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
  console.log(`${`${name}.png`.padEnd(36)} ${times}${isWider ? ', and WIDER THAN THE SCREEN' : ''}`)
  await page.close()
}

/** Since the address was entered: what the browser saw. */
const TIMES = `(() => {
  const [painted] = performance.getEntriesByName('first-contentful-paint')
  return 'painted after ' + Math.round(painted?.startTime) + ' ms, with its data after ' + Math.round(performance.now()) + ' ms'
})()`
