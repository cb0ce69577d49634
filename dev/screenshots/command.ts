// npm run screenshots: every page of the console of a system that runs, on two sizes and in both colours, to be looked at.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { commandLine, parse } from '../command-line.ts'
import { PROJECT } from '../project.ts'
import { openChromium } from './chromium.ts'
import { pagesToShow } from './pages.ts'

interface Flags {
  url: string
  key: string
  only?: string
}

const SIZES = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const
const FOLDER = path.join(PROJECT, '.fanfare/screenshots')

/** @returns the exit code */
export function screenshotsCommand(args: string[]): Promise<number> {
  const program = commandLine('npm run screenshots --', 'Takes pictures of every page of the console.')
    .option('--url <url>', 'of the API', 'http://127.0.0.1:3000')
    .option('--key <key>', 'with the scope admin', 'fanfare_demo')
    .option('--only <name>', 'pages whose name begins so')
    .action(takeAll)
  return parse(program, args)
}

async function takeAll({ url, key, only = '' }: Flags): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const browser = await openChromium()
  try {
    const pages = (await pagesToShow(url, key)).filter(({ name }) => name.startsWith(only))
    for (const [size, viewport] of Object.entries(SIZES))
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({
          viewport,
          colorScheme,
          deviceScaleFactor: 1,
          reducedMotion: 'reduce',
        })
        await signIn(context, url, key)
        for (const page of pages)
          await take(await openPage(context, url + page.place, page.ready), `${page.name}-${size}-${colorScheme}`)
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

async function openPage(context: BrowserContext, address: string, ready: string): Promise<Page> {
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && console.error(`${address}: ${message.text()}`))
  page.on('pageerror', (error) => console.error(`${address}: ${error.message}`))
  await page.goto(address)
  await page.locator(ready).first().waitFor({ timeout: 20_000 })
  await page.waitForTimeout(700) // charts draw themselves in
  return page
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), fullPage: true })
  console.log(`${name}.png`)
  await page.close()
}
