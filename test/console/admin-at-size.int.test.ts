// What operators ask, on many orders and dead letters: CONSOLE_ORDERS=1e6 npm test -- admin-at-size
import type { Browser } from 'playwright-core'
import { buildConsole } from '../../dev/console/build.ts'
import { chromiumPath, openChromium } from '../../dev/screenshots/chromium.ts'
import { deadline } from '#testing'
import { anOrder } from '../../src/testing/api.ts'
import { mailServer, operatedSystem, type OperatedSystem } from '../../src/testing/operators.ts'
import { fill, leaveRoom } from './at-size/fill.ts'
import { timesOfPages } from './at-size/times-of-pages.ts'

const ORDERS = Number(process.env['CONSOLE_ORDERS'] ?? 0)
const MOST_MS = 300
const ROUNDS = 5

let operated: OperatedSystem
let orderId: string
let browser: Browser | undefined
beforeAll(async () => {
  if (ORDERS === 0) return
  operated = await operatedSystem(await buildConsole())
  if (chromiumPath()) browser = await openChromium()
  await leaveRoom(operated, ORDERS)
  mailServer.state = 'works'
  orderId = (await operated.api.place(anOrder())).body.id
  await operated.system.settled()
  await operated.system.stopReactions()
  await fill(operated, ORDERS)
}, 3_600_000)
afterAll(async () => {
  await browser?.close()
  await operated?.close()
})

const whenAsked = ORDERS > 0 ? it : it.skip
const say = (line: string) => process.stderr.write(`${line}\n`)

whenAsked(
  'every page is answered within 300 ms',
  async () => {
    const { api } = operated
    const { paths, group, letters } = await asked(operated)
    const slow: string[] = []
    const measure = async (name: string, ask: () => Promise<unknown>) => {
      const { median, slowest } = await timesOf(ask)
      say(`${median.toFixed(0).padStart(6)} ms, at most ${slowest.toFixed(0).padStart(4)} ms  ${name}`)
      if (median > MOST_MS) slow.push(name)
    }
    for (const path of paths)
      await measure(path, async () => expect([path, (await api.get(path)).status]).toEqual([path, 200]))
    await measure(`plan of ${group.count} dead letters`, () =>
      api.post(`${letters}/plan`, { group: group.fingerprint }),
    )
    expect(slow).toEqual([])
  },
  600_000,
)

/** What the pages of the console ask. */
async function asked({ api, system }: OperatedSystem) {
  const letters = '/v1/admin/dead-letters/test.mailing'
  const [group] = (await api.get(`${letters}/groups`)).body.groups
  const ofGroup = `${letters}/letters?group=${group.fingerprint}&limit=50`
  const { id, eventId, correlationId } = (await api.get(ofGroup)).body.letters[0]
  const webhook = await system.db.webhookEndpoint.findFirstOrThrow()
  const since = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  const paths = [
    '/v1/admin/overview',
    ...[1, 24, 30 * 24].map((hours) => `/v1/admin/metrics?reactions=none&from=${since(hours)}`),
    '/v1/admin/reactions',
    '/v1/admin/dead-letters',
    `${letters}/groups`,
    ofGroup,
    `${letters}/letters?limit=100`,
    `${letters}/letters/${id}`,
    `/v1/admin/orders/${orderId}`,
    `/v1/admin/orders/${correlationId}`,
    '/v1/admin/orders',
    `/v1/admin/orders?q=${eventId}`,
    ...['ff-4711', 'lovelace', 'mug-01', 'mug lovelace'].map(
      (words) => `/v1/admin/orders?q=${encodeURIComponent(words)}`,
    ),
    '/v1/admin/recoveries',
    '/v1/admin/projections',
    '/v1/admin/schedules',
    '/v1/admin/webhooks?which=all',
    ...['', '&state=waiting', '&state=given-up'].map((of) => `/v1/webhooks/${webhook.id}/deliveries?limit=50${of}`),
    '/v1/admin/audit',
    '/v1/admin/actions?limit=100',
  ]
  return { paths, group, letters }
}

/** Milliseconds, as long as answers are remembered apart. */
async function timesOf(ask: () => Promise<unknown>): Promise<{ median: number; slowest: number }> {
  const all: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await deadline('what was remembered is forgotten', async () => performance.now() - last > REMEMBERED_MS)
    const started = performance.now()
    await ask()
    last = performance.now()
    all.push(last - started)
  }
  const sorted = all.toSorted((a, b) => a - b)
  return { median: sorted[Math.floor(ROUNDS / 2)]!, slowest: sorted.at(-1)! }
}
/** The API answers with one reading for so long. */
const REMEMBERED_MS = 1_600
let last = -Infinity

whenAsked(
  'a browser shows every page',
  async () => {
    if (!browser) return say('SKIPPED: there is no Chromium here, so no page was timed.')
    const { api } = operated
    for (const { name, painted, shown } of await timesOfPages(browser, api))
      say(`${name.padEnd(14)} first paint after ${painted.toFixed(0)} ms, with its data after ${shown.toFixed(0)} ms`)
  },
  600_000,
)
