// A person at a browser: signs in, finds an order, reads its story, repairs what failed. With the system's Chromium.
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../dev/console/build.ts'
import { chromiumPath, openChromium } from '../../dev/screenshots/chromium.ts'
import { OrderPlaced } from '#events'
import { defineReaction, Unrecoverable } from '#messaging'
import { createLogger } from '#platform/logger'
import { deadline, testSystem, type TestSystem } from '#testing'
import { adminRoutes } from '../../src/admin/index.ts'
import { createApiKeys, issueLink, sessionRoutes } from '../../src/api/index.ts'
import { anOrder, testApi, type TestApi } from '../../src/testing/api.ts'

const isHere = chromiumPath() !== undefined
if (!isHere) process.stderr.write('SKIPPED: there is no Chromium here, so nobody has looked at the console.\n')

let away = true
const mailing = defineReaction({
  name: 'test.mailing',
  on: OrderPlaced,
  retry: { attempts: 1 },
  handle() {
    if (away) throw new Unrecoverable('the mail server refuses everybody')
  },
})

let system: TestSystem
let api: TestApi
let browser: Browser
const ending = new AbortController()
/** What the browser itself complains of: a policy that is broken, an error that nobody caught. */
const complaints: string[] = []

beforeAll(async () => {
  if (!isHere) return
  const [folder, started, opened] = await Promise.all([buildConsole(), testSystem([mailing]), openChromium()])
  system = started
  browser = opened
  const { db } = system
  const routes = adminRoutes({
    db,
    projections: { read: () => Promise.reject(new Error('not asked')) },
    isKnown: () => true,
    flow: async () => ({ publishers: [], types: [], publishes: [], reacts: [] }),
    services: { rabbitmq: 'amqp://127.0.0.1:1', redis: 'redis://127.0.0.1:1' },
    log: createLogger('test', 'silent'),
    ending: ending.signal,
  })
  const keys = createApiKeys(db)
  api = await testApi(system, [...routes, ...sessionRoutes({ db, keys })], { consoleFolder: folder })
})

afterAll(async () => {
  if (!isHere) return
  await browser.close()
  ending.abort()
  await api.close()
  await system.close()
})

async function signIn(): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource') // 401 before the sign-in
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text())
  })
  await page.goto(`${api.url}/console/#sign-in=${await issueLink(system.db)}`)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return page
}

const whenHere = isHere ? it : it.skip

whenHere('an operator comes from an order to the cause, and from there to the repair', async () => {
  const { body: order } = await api.place(anOrder())
  await deadline('it is dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 1)
  const page = await signIn()
  expect(page.url()).not.toContain('sign-in') // the link is no part of the history

  await page.keyboard.press('/')
  await page.keyboard.type(order.id)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: `…${order.id.slice(-12)}` }).click()
  await page.getByRole('button', { name: 'Event order.placed' }).waitFor()
  await page.getByRole('button', { name: 'test.mailing: order.placed, dead' }).waitFor()
  await page.getByText(/given up after 1 attempt: .*refuses everybody/).waitFor()

  away = false
  await page.getByRole('button', { name: 'Redrive …' }).click()
  await page.getByRole('textbox', { name: 'Why' }).fill('the mail server is back')
  await page.getByRole('button', { name: 'Redrive 1' }).click()
  await page.getByText('It has ended.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('and nothing waits.').waitFor()

  await page.getByRole('link', { name: 'Operators' }).click()
  await page.getByRole('cell', { name: 'the mail server is back' }).waitFor()
  expect(await system.db.operatorAction.count({ where: { operator: { startsWith: 'console/' } } })).toBe(2)
  expect(complaints).toEqual([])
})
