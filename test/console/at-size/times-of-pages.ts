import type { Browser, BrowserContext } from 'playwright-core'
import { pagesToShow, type Shown } from '../../../dev/screenshots/pages.ts'
import type { TestApi } from '../../../src/testing/api.ts'

const ROUNDS = 3
/** Milliseconds since the address was entered, of the median round. */
interface Times {
  name: string
  /** First contentful paint. */
  painted: number
  /** Nothing on the page is loading any more. */
  shown: number
}

/** Of each page, opened in a browser that has nothing of the console yet. */
export async function timesOfPages(browser: Browser, { url, key }: TestApi): Promise<Times[]> {
  const pages = (await pagesToShow(url, key)).filter(({ act, name }) => !act && !NOT_HERE.has(name))
  const times: Times[] = []
  for (const page of pages) {
    const all: Omit<Times, 'name'>[] = []
    for (let round = 0; round < ROUNDS; round++) all.push(await open(browser, { url, key, page }))
    times.push({
      name: page.name,
      painted: median(all.map((one) => one.painted)),
      shown: median(all.map((one) => one.shown)),
    })
  }
  return times
}

/** Of clients and reactions that the system of this test does not have. */
const NOT_HERE: ReadonlySet<string> = new Set(['flow', 'keys', 'keys-of-client'])

interface Opening {
  url: string
  key: string
  page: Shown
}

async function open(browser: Browser, { url, key, page: { place, ready } }: Opening) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    await signIn(context, url, key)
    const page = await context.newPage()
    await page.goto(url + place)
    await page.locator(ready).first().waitFor()
    await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    return await page.evaluate<Omit<Times, 'name'>>(TIMES)
  } finally {
    await context.close()
  }
}

async function signIn(context: BrowserContext, url: string, key: string): Promise<void> {
  const answer = await context.request.post(`${url}/v1/admin/session`, { data: { key } })
  if (!answer.ok()) throw new Error(`${url} did not take the key: ${await answer.text()}`)
}

const TIMES = `({
  painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  shown: performance.now(),
})`

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!
