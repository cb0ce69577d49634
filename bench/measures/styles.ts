import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PROJECT } from '../../dev/services/index.ts'
import { rounded, type Schedule, type Tables } from '../contest.ts'
import type { Click, OpenLoop } from '../load/generator.ts'
import type { Options } from '../options.ts'
import type { Behaviour, Seen } from '../processes/outside.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Remote } from '../stage/process.ts'
import { untilSettled } from '../stage/settled.ts'
import { environment, startGateway, startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { latenciesOf } from '../statistics.ts'

const RATE = 20
const BURST = 10
const SLOW_MS = 500
const PATIENCE_S = 300

interface Scenario {
  title: string
  behaviour: Behaviour
  burst?: true
}

const SCENARIOS: readonly Scenario[] = [
  { title: 'all is well', behaviour: { analyticsMs: 0, mails: true } },
  { title: `analytics takes ${SLOW_MS} ms`, behaviour: { analyticsMs: SLOW_MS, mails: true } },
  { title: 'the mail server is away', behaviour: { analyticsMs: 0, mails: false } },
  { title: `a burst of ${BURST} times as many`, behaviour: { analyticsMs: 0, mails: true }, burst: true },
]

/** One way of handling an order. */
interface Style {
  title: string
  port: number
  /** Resolves when nothing is under way any more. */
  finish: () => Promise<void>
}

/** The same orders, customers and outside services: everything in the request, and by events. */
export async function styles(stage: Stage, _options: Options, { seconds, say }: Schedule): Promise<Tables> {
  const outside = await stage.remote('outside', 'bench/processes/outside.ts', {})
  const urls = await outside.ask<{ smtpUrl: string; analyticsUrl: string }>('start')
  const settings = { SMTP_URL: urls.smtpUrl, ANALYTICS_URL: urls.analyticsUrl }
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const shops = [await directShop(stage, settings), await eventShop(stage, settings)]
  const rows: (string | number)[][] = []
  for (const style of shops) await trial(SCENARIOS[0]!, style, { load, outside, seconds: 2 })
  for (const scenario of SCENARIOS) {
    for (const style of shops) {
      const row = await trial(scenario, style, { load, outside, seconds })
      say(`  ${row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell)).join('  ')}`)
      rows.push(row)
    }
  }
  return {
    name: 'styles',
    title: 'Request-driven and event-driven',
    method:
      'The same orders through the same domain functions and tables: once everything within the request, one call after the ' +
      'other (stock, fraud, payment, shipment, mail, analytics), once by events as the shop does it, every process of it. ' +
      `${RATE} clicks a second on a fixed schedule; the latency counts from when a click was due. The bare HTTP server of the direct ` +
      'way has neither authentication nor validation of keys, in its favour.',
    settings: { 'orders/s': RATE },
    tables: [
      {
        title: 'What the customer sees, and what is done in the end',
        columns: [
          '',
          'style',
          'clicks',
          'click p50 ms',
          'click p99 ms',
          'failed',
          'all done after s',
          'mails missing',
          'sales missing',
        ],
        rows,
        note:
          'A failed click of the direct way has stored the order and taken the money before it failed. "All done" counts from the ' +
          'last click; the mail server is back at that moment. Missing is what nobody will make up for.',
      },
    ],
  }
}

interface Around {
  load: Remote
  outside: Remote
  seconds: number
}

async function trial({ title, behaviour, burst }: Scenario, style: Style, { load, outside, seconds }: Around) {
  await outside.ask('behave', behaviour)
  await outside.ask('seen')
  const rates = burst ? [RATE, RATE * BURST, RATE] : [RATE]
  const phases = rates.map((rate) => ({ rate, seconds: seconds / rates.length }))
  const plan: OpenLoop = { host: '127.0.0.1', port: style.port, phases }
  const began = performance.now()
  const clicks = await load.ask<Click[]>('openLoop', plan, seconds + PATIENCE_S)
  await outside.ask('behave', { ...behaviour, mails: true })
  await style.finish()
  const drained = (performance.now() - began) / 1_000 - seconds
  const { mailed, counted } = await outside.ask<Seen>('seen')
  const { p50, p99 } = latenciesOf(clicks.map(({ ms }) => ms))
  const failed = clicks.filter(({ status }) => status !== 202).length
  const missing = (done: number) => Math.max(0, clicks.length - done)
  return [title, style.title, clicks.length, p50, p99, failed, Math.max(0, drained), missing(mailed), missing(counted)]
}

async function directShop(stage: Stage, settings: Record<string, string>): Promise<Style> {
  const database = await stage.create('direct')
  const env = {
    ...environment(stage, database, stage.namespace('direct')),
    ...settings,
    PAYMENT_GATEWAY_URL: await startGateway(stage),
  }
  const shop = await stage.remote('direct shop', 'bench/processes/direct-shop.ts', env)
  return { title: 'direct', port: await shop.ask<number>('start'), finish: async () => {} }
}

const COUNT_SALE = 'bench.count-sale'

async function eventShop(stage: Stage, settings: Record<string, string>): Promise<Style> {
  const database = await stage.create('events')
  await database.db.subscription.create({ data: { reaction: COUNT_SALE, eventType: 'order.placed', since: 0 } })
  const shop = await startShop(stage, database, { withoutMail: false, env: settings })
  stage.onClose(shop.stop)
  const env = { ...environment(stage, database, shop.namespace), ...settings }
  const worker = await stage.remote('worker count-sale', 'bench/processes/worker.ts', env)
  await worker.ask('load', { folder: path.join(PROJECT, 'bench/reactions'), name: COUNT_SALE })
  await worker.ask('begin')
  return { title: 'by events', port: shop.port, finish: () => settled(database) }
}

async function settled(database: BenchDatabase): Promise<void> {
  await wait(100) // the last answers are out, their events are stored
  const { deadLetters } = await untilSettled(database, PATIENCE_S)
  if (deadLetters > 0) throw new Error(`${deadLetters} messages became dead letters`)
}
