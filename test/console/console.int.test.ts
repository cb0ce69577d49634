// A person at a browser: signs in, finds an order, reads its story, repairs what failed. With the system's Chromium.
import { source as axe } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../dev/console/build.ts'
import { chromiumPath, openChromium } from '../../dev/screenshots/chromium.ts'
import { readOpenBreakers } from '#messaging'
import { deadline, type TestSystem } from '#testing'
import { issueLink } from '../../src/api/index.ts'
import { anOrder, type TestApi } from '../../src/testing/api.ts'
import { mailServer, operatedSystem } from '../../src/testing/operators.ts'

const isHere = chromiumPath() !== undefined
if (!isHere) process.stderr.write('SKIPPED: there is no Chromium here, so nobody has looked at the console.\n')

let system: TestSystem
let api: TestApi
let browser: Browser
let close = async () => {}
/** What the browser itself complains of: a policy that is broken, an error that nobody caught. */
const complaints: string[] = []

beforeAll(async () => {
  if (!isHere) return
  const [folder, opened] = await Promise.all([buildConsole(), openChromium()])
  browser = opened
  ;({ system, api, close } = await operatedSystem(folder))
})

afterAll(async () => {
  if (!isHere) return
  await browser.close()
  await close()
})

async function signIn(): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource') // 401 before the sign-in
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text())
  })
  await page.goto(`${api.url}/console/#sign-in=${await issueLink(system.db, 'ada')}`)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.evaluate(axe)
  return page
}

/** Between the colour schemes only colours differ. */
const ONLY = { light: {}, dark: { runOnly: ['color-contrast'] } }

/** What a screen reader or a person of weak sight would stumble over (axe-core: WCAG 2.2 and good practice), in both colours. */
async function complaintsOfAxe(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
    const violations = await page.evaluate<string[]>(
      `axe.run(${JSON.stringify({ resultTypes: ['violations'], ...ONLY[colorScheme] })}).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + failureSummary)))`,
    )
    found.push(...violations.map((violation) => `${colorScheme} ${page.url()} ${violation}`))
  }
  return found
}

/** Every page, with what there is to see when something is dead and something is away. */
const PAGES = [
  '',
  'orders',
  'dead-letters',
  'dead-letters/test.mailing',
  'reactions',
  'flow',
  'projections',
  'schedules',
  'events',
]
const MORE_PAGES = ['events?view=catalogue', 'webhooks', 'invariants', 'keys', 'keys/test', 'log']

/** Without loading it anew: the session of this page goes on, and axe stays where it is. */
async function visit(page: Page, place: string): Promise<string[]> {
  await page.evaluate(`history.pushState(null, '', '/console/${place}')`)
  await page.locator('h1').waitFor()
  await page.locator('[aria-busy]').waitFor({ state: 'detached' })
  return complaintsOfAxe(page)
}

const whenHere = isHere ? it : it.skip

/** So many dead letters are worth a canary. */
const MANY = 20

whenHere('an operator comes from an order to the cause, and from there to the repair', async () => {
  mailServer.state = 'refuses'
  const placed = await Promise.all(Array.from({ length: MANY }, () => api.place(anOrder())))
  const { id, number } = placed[0]!.body as { id: string; number: string }
  await deadline('all are dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === MANY)
  const page = await signIn()
  expect(page.url()).not.toContain('sign-in') // the link is no part of the history

  await page.keyboard.press('/')
  await page.keyboard.type(id)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: number }).click()
  await page.getByRole('button', { name: 'Event order.placed' }).press('Enter') // what became of it stands beneath
  await page.getByRole('button', { name: 'test.mailing: order.placed, dead' }).waitFor()
  await page.getByText(/given up after 1 attempt: .*refuses everybody/).waitFor()
  await page.getByRole('region', { name: 'order.placed', exact: true }).waitFor()
  expect(await complaintsOfAxe(page)).toEqual([])

  mailServer.state = 'is away'
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await api.place(anOrder())
  const said = 'test.mailing is paused in one process: DependencyUnavailable: mail server: connection refused.'
  await page.getByText(said).waitFor()
  const { body: overview } = await api.get('/v1/admin/overview')
  expect(overview.breakers).toMatchObject([{ reactions: ['test.mailing'], processes: 1 }])

  const seen: string[] = []
  for (const place of [`orders/${id}`, ...PAGES, ...MORE_PAGES]) seen.push(...(await visit(page, place)))
  expect(seen).toEqual([])

  mailServer.state = 'works'
  await page.getByRole('link', { name: 'Dead letters' }).click()
  await page.getByRole('link', { name: 'test.mailing' }).click()
  await page.getByRole('button', { name: /refuses everybody/ }).click()
  await page.getByRole('button', { name: 'Redrive all …' }).click()
  expect(await page.getByRole('textbox', { name: 'Pace' }).inputValue()).toBe('20') // as commands suggest
  await page.getByRole('textbox', { name: 'Canary' }).fill('2')
  await page.getByRole('textbox', { name: 'Pace' }).fill('5') // slow enough to be looked at
  expect(await complaintsOfAxe(page)).toEqual([])
  await page.getByRole('textbox', { name: 'Why' }).fill('the mail server is back')
  await page.getByRole('button', { name: `Redrive ${MANY}` }).click()
  await page.getByText(new RegExp(`^Under way: \\d+ of ${MANY} sent`)).waitFor()
  await page.getByText('It has ended.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('This cause is repaired').waitFor()

  await page.getByRole('link', { name: 'Operators' }).click()
  await page.getByRole('cell', { name: 'the mail server is back' }).waitFor()
  const redrives = { action: 'redrive', operator: { startsWith: 'console/' } }
  expect(await system.db.operatorAction.count({ where: redrives })).toBe(2) // begun, and finished
  await system.settled()
  await deadline('the breaker is closed', async () => (await readOpenBreakers(system.db)).length === 0)
  expect(complaints).toEqual([])
})

/** As if the mail server had been away when these died, and worked again. */
async function outageIsOver(): Promise<void> {
  await system.db.$executeRaw`UPDATE deliveries SET dependency = 'mail-server' WHERE state = 'dead'`
  await system.db.$executeRaw`
    INSERT INTO breakers (reaction, instance, cause, dependency, failing_since, opened_at, seen_at, closed_at, recovered)
    SELECT 'test.mailing', 'another', 'it was away', 'mail-server', now() - interval '1 hour', now() - interval '1 hour', now(), now(), true`
}

whenHere('what an outage has left is redriven as one', async () => {
  mailServer.state = 'refuses'
  await api.place(anOrder())
  await deadline('it is dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === 1)
  await outageIsOver()
  mailServer.state = 'works'
  const page = await signIn()
  await page.getByRole('button', { name: 'Redrive 1 as one …' }).click()
  await page.getByRole('textbox', { name: 'Why' }).fill('it is back')
  await page.getByRole('button', { name: 'Redrive 1', exact: true }).click()
  await page.getByText('It has ended.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await system.settled()
  const recovered = { action: 'redrive', selector: { path: ['recovered'], equals: 'mail-server' } }
  expect(await system.db.operatorAction.count({ where: recovered })).toBe(2) // begun, and finished
  expect(await system.db.delivery.count({ where: { state: 'dead' } })).toBe(0)
  await page.close()
})

whenHere('a letter that is being edited stays, when a newer one dies and when all are repaired', async () => {
  mailServer.state = 'refuses'
  const oneDies = async (dead: number) => {
    await api.place(anOrder())
    await deadline('it is dead', async () => (await system.db.delivery.count({ where: { state: 'dead' } })) === dead)
  }
  await oneDies(1)
  const page = await signIn()
  await page.evaluate(`history.pushState(null, '', '/console/dead-letters/test.mailing')`)
  await page.getByRole('button', { name: /refuses everybody/ }).click()
  await page.getByRole('button', { name: 'Edit …' }).click()
  const data = page.getByRole('textbox', { name: 'Data' })
  const typed = (await data.inputValue()).replaceAll('"GBP"', '"EUR"')
  await data.fill(typed)
  await page.getByText(/^\d+ change/).waitFor()
  expect(await complaintsOfAxe(page)).toEqual([])
  const letters = page.getByRole('option', { includeHidden: true })
  expect(await letters.count()).toBe(1)

  const session = await page.context().cookies()
  await page.context().clearCookies()
  await page.getByRole('textbox', { name: 'Why' }).fill('in euros')
  await page.getByRole('button', { name: 'Keep the edit' }).click()
  await page.getByText('Your session has ended').waitFor()
  await page.context().addCookies(session)

  await oneDies(2)
  await letters.nth(1).waitFor()
  await page.getByRole('button', { name: 'Not now' }).press('k') // chooses the newer one, while nothing stands above the page
  expect(await letters.nth(1).getAttribute('aria-selected')).toBe('true') // the newer one stands above it
  expect(await data.inputValue({ timeout: 1_000 })).toBe(typed)

  mailServer.state = 'works'
  const group = page.url().split('/').at(-1)
  await api.post('/v1/admin/dead-letters/test.mailing/redrive', { group, reason: 'somebody else is faster' })
  await page.getByText('This cause is repaired').waitFor()
  expect(await data.inputValue({ timeout: 1_000 })).toBe(typed)
  expect(complaints).toEqual([])
  await page.close()
})

/** The scheduler has counted three times, and only the second time an order had been confirmed. */
const confirmedOnce = () => system.db.$executeRaw`
  INSERT INTO metric_rollups (step, at, figures)
  SELECT 10, to_timestamp(floor(extract(epoch FROM now()) / 30) * 30 - n * 30),
    jsonb_build_object('published', '{}'::jsonb, 'reactions', '{}'::jsonb, 'waiting', '{}'::jsonb,
      'spans', CASE n WHEN 2 THEN '{"confirmed": {"8": 1}}'::jsonb ELSE '{}' END)
  FROM generate_series(1, 3) AS n`

async function endpointToldOf(events: number): Promise<string> {
  const [endpoint] = await system.db.$queryRaw<{ id: string }[]>`
    INSERT INTO webhook_endpoints (id, client_id, url, description, event_types, ordered, personal_data, max_concurrent, max_per_second, salt)
    SELECT gen_random_uuid(), id, 'https://client.example/', '', '{}', false, false, 1, 10, 'salt' FROM clients LIMIT 1 RETURNING id`
  await system.db.$executeRaw`
    INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, order_id, stream_version, state, attempts, ended_at)
    SELECT ${endpoint!.id}::uuid, gen_random_uuid(), 'order.placed', gen_random_uuid(), 1, 'delivered', 1, now()
    FROM generate_series(1, ${events}::int)`
  return endpoint!.id
}

whenHere('live messages come again after a proxy without an API, and after a session that has ended', async () => {
  const page = await signIn()
  const context = page.context()
  const live = page.getByText('Live', { exact: true })
  await live.waitFor()
  const place = '**/v1/admin/live*'
  let refused = 0
  await context.route(place, (route) => (refused++, route.fulfill({ status: 502 })))
  await page.reload()
  await deadline('it is refused', () => refused > 0)
  await page.getByText('Connecting …').waitFor()
  await context.unroute(place)
  await live.waitFor({ timeout: 15_000 })

  const otherTab = await context.newPage()
  await otherTab.goto(`${api.url}/console/`)
  await otherTab.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Session ended: sign in' }).waitFor()
  await otherTab.goto(`${api.url}/console/#sign-in=${await issueLink(system.db, 'ada')}`)
  await live.waitFor({ timeout: 15_000 })
})

whenHere('a value without neighbours is a dot, and deliveries come twenty at a time', async () => {
  await confirmedOnce()
  const page = await signIn()
  const confirmed = page.locator('.pasts > *').filter({ hasText: 'Until confirmed' })
  await confirmed.locator('circle').nth(1).waitFor()
  expect(await confirmed.locator('circle').count()).toBe(2) // half of the orders, and nearly all

  await page.goto(`${api.url}/console/webhooks/${await endpointToldOf(21)}`)
  const rows = page.getByRole('region', { name: 'Table of deliveries' }).locator('tbody tr')
  await rows.first().waitFor()
  expect(await rows.count()).toBe(20)
  const older = page.getByRole('button', { name: 'Show older ones' })
  await older.click()
  await older.waitFor({ state: 'detached' })
  expect(await rows.count()).toBe(21)
  expect(complaints).toEqual([])
  await page.close()
})

whenHere('a key whose answer was lost is asked for again, and made once', async () => {
  const page = await signIn()
  await page.goto(`${api.url}/console/keys/test`)
  const before = await system.db.apiKey.count()
  let lost = 0
  await page.route('**/v1/clients/test/keys', async (route) => {
    if (lost > 0 || route.request().method() !== 'POST') return route.continue()
    lost = (await route.fetch()).status()
    return route.abort()
  })
  await page.getByRole('button', { name: 'New key …' }).click()
  await page.getByRole('textbox', { name: 'Why' }).fill('a shop more')
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByText('The API does not answer.').waitFor()
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByText('It is shown this once.').waitFor()
  expect([lost, (await system.db.apiKey.count()) - before]).toEqual([201, 1])
  expect(complaints).toEqual([])
  await page.close()
})

whenHere('the reference under /docs keeps the key, asks no other host, and keeps to its policy', async () => {
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  const asked = new Set<string>()
  const said: string[] = []
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  page.on('pageerror', (error) => said.push(error.message))
  page.on('console', (message) => void (message.type() === 'error' && said.push(message.text())))
  await page.goto(`${api.url}/docs/`)
  const key = page.getByPlaceholder('Token').first()
  await key.fill('fanfare_demo')
  await key.blur()
  const isKept = () => page.evaluate<boolean>(`JSON.stringify({ ...localStorage }).includes('fanfare_demo')`)
  await deadline('the key is kept', isKept)
  await page.reload()
  await page.getByText('Place an order').first().waitFor()
  await deadline('the key is there again', async () => (await key.inputValue()) === 'fanfare_demo')
  expect({ asked: [...asked], said }).toEqual({ asked: [api.url], said: [] })
  await page.close()
})
