import path from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { waitFor } from '../processes/wait-for.ts'
import type { Shown } from './pages.ts'

const VIEWPORTS = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const
export const SIZES = Object.keys(VIEWPORTS) as Looks['size'][]
export const COLOURS = ['light', 'dark'] as const

/** On what a page is looked at. */
export interface Looks {
  size: keyof typeof VIEWPORTS
  colours: (typeof COLOURS)[number]
}

/** A page, a click or a picture may take so long on a machine that does other work as well. */
const DEADLINE_MS = 120_000

/** A browser that has never been here, with a session of the console. */
export async function signedIn(
  browser: Browser,
  { url, key, size, colours }: Looks & { url: string; key: string },
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: VIEWPORTS[size],
    colorScheme: colours,
    deviceScaleFactor: 1,
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(DEADLINE_MS)
  const answer = await context.request.post(`${url}/v1/admin/session`, { data: { key } })
  if (!answer.ok()) throw new Error(`${url} did not take the key: ${await answer.text()}`)
  return context
}

interface Taking {
  url: string
  page: Shown
  file: string
  /** What a window shows of it, and not all of it. @default false */
  isWindow?: boolean
}

/** Takes one picture. A page that fails is closed as well: a browser has six connections to a host, and each open page keeps one. */
export async function take(context: BrowserContext, taking: Taking): Promise<void> {
  const page = await context.newPage()
  try {
    await takeOf(page, taking)
  } finally {
    await page.close()
  }
}

async function takeOf(
  page: Page,
  { url, page: { place, ready, act, refused }, file, isWindow }: Taking,
): Promise<void> {
  const name = path.basename(file)
  page.on('console', (message) => {
    if (message.type() === 'error' && !(refused && message.text().includes(refused)))
      console.error(`${name}: ${message.text()}`)
  })
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`))
  await page.goto(url + place, { waitUntil: 'domcontentloaded' })
  await page.locator(ready).first().waitFor()
  const times = await page.evaluate<string>(TIMES)
  await isSo(page, IS_DRAWN)
  await act?.(page)
  await isSo(page, IS_DRAWN)
  if (!isWindow && (await page.getByRole('dialog').count()) === 0) await unroll(page)
  await page.screenshot({ path: file, timeout: DEADLINE_MS })
  const isWider = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
  console.log(`${name.padEnd(36)} ${times}${isWider ? ', and WIDER THAN THE SCREEN' : ''}`)
}

/** A page that goes on growing is cut off. */
const MOST_LOOKS = 10

/** Makes the window as high as the page, so that what stands at the side is as high too. What comes later may make it higher. */
async function unroll(page: Page): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const { width, height } = page.viewportSize()!
    const needed = await page.evaluate<number>('document.documentElement.scrollHeight')
    if (needed <= height) return
    await page.setViewportSize({ width, height: needed })
    await isSo(page, `innerHeight === ${needed} && (${IS_DRAWN})`)
  }
}

/** Waits for it. (The page's policy forbids what Playwright would do for that: to make a function of a text.) */
async function isSo(page: Page, condition: string): Promise<void> {
  const became = await waitFor(() => page.evaluate<boolean>(condition), DEADLINE_MS / 1_000)
  if (!became) throw new Error(`after ${DEADLINE_MS / 1_000} s this was not so: ${condition}`)
}

/** Nothing is loading, every chart has its lines or dots, the map its arrows, and nothing moves that comes to an end. */
const IS_DRAWN = `document.fonts.status === 'loaded'
  && document.querySelector('[aria-busy=true], .mantine-Skeleton-root') === null
  && [...document.querySelectorAll('.recharts-responsive-container')].every((chart) => chart.querySelector('path, circle'))
  && (document.querySelector('.react-flow') === null || document.querySelector('.react-flow__edge') !== null)
  && document.getAnimations().every(({ playState, effect }) =>
    playState !== 'running' || effect?.getComputedTiming().iterations === Infinity)`

/** Since the address was entered: what the browser saw. */
const TIMES = `(() => {
  const [painted] = performance.getEntriesByName('first-contentful-paint')
  return 'painted after ' + Math.round(painted?.startTime) + ' ms, with its data after ' + Math.round(performance.now()) + ' ms'
})()`
