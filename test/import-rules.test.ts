// Plants a violation of every import rule in a small project of its own, cruised with the real rules file.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(__dirname, '..')
const RULES = '.dependency-cruiser.cjs'

interface Violation {
  from: string
  to: string
  rule: { name: string }
}

/** File, what it imports, and the rules it breaks (none: allowed, and must stay so). */
const plants: [file: string, source: string, ...broken: string[]][] = [
  ['src/domains/order/index.ts', `export const order = 1`],
  ['src/domains/order/store.ts', `export const store = 1`],
  ['src/domains/stock/index.ts', `export const stock = 1`],
  ['src/domains/stock/store.ts', `export const store = 1`],
  ['src/events/index.ts', `import { defineEvent } from '#messaging'; export const Placed = defineEvent`],
  ['src/messaging/index.ts', `export { defineEvent } from './define-event.ts'`],
  ['src/messaging/define-event.ts', `export const defineEvent = 1; export type T = 1`],
  ['src/http/index.ts', `import '#platform/config'; import './refusal.ts'`],
  ['src/http/refusal.ts', `export const refusal = 1`],
  ['src/platform/config.ts', `import { z } from 'zod'; export const c = z; export type C = 1`],
  ['src/platform/settings.ts', `import './config.ts'`],
  ['src/testing/index.ts', `import '#events'; export const react = 1`],
  ['src/jobs/index.ts', `import 'bullmq'; import type Redis from 'ioredis'; export type R = Redis`],
  ['src/generated/prisma/client.ts', `export const Prisma = 1`],
  ['src/main/api.ts', `import express from 'express'; import '#domains/order'; export default express`],
  ['workers/mail/send.ts', `export default 1`],
  ['sandbox/gateway/main.ts', `import 'express'`],
  ['dev/tool.ts', `import '#messaging'`],
  ['src/cli/story.ts', `import '#domains/order'; import '../api/x.ts'`, 'command-line'],
  ['src/cli/helped.ts', `import '../../dev/tool.ts'`, 'command-line', 'src-stands-alone'],
  ['src/cli/tested.ts', `import '../../test/some.test.ts'`, 'command-line', 'src-stands-alone'],
  ['src/cli/peeks.ts', `import '../domains/order/store.ts'; import 'jest'`, 'command-line', 'production-packages'],
  ['test/some.test.ts', `import '#testing'; import 'jest'; import '../src/messaging/define-event.ts'`],
  ['src/domains/order/state/order.test.ts', `import '#testing'; import '../../stock/store.ts'`],
  ['src/domains/order/routes.ts', `import type { Router } from 'express'; import '#http'; import '#events'`],
  ['src/domains/order/asks.ts', `import { stock } from '#domains/stock'; import '#prisma'; import './store.ts'`],
  ['workers/loyalty/award/index.ts', `import './own.ts'; import '#events'; import '#domains/order'`],
  [
    'workers/loyalty/award/own.ts',
    `import { defineEvent } from '#messaging'; import 'zod'; import '#platform/settings'`,
  ],

  ['src/api/absent.ts', `import './not-there.ts'`, 'resolves'],
  ['src/api/absent-alias.ts', `import type { X } from '#domains/not-there'`, 'resolves'],
  ['src/api/absent-package.ts', `import 'never-installed'`, 'resolves'],
  ['src/api/undeclared.ts', `import 'undeclared'`, 'declared'],
  ['src/platform/dev.ts', `import 'jest'`, 'production-packages'],
  ['src/api/ring-a.ts', `export * from './ring-b.ts'`, 'no-cycles'],
  ['src/api/ring-b.ts', `import type { a } from './ring-a.ts'`], // a ring is reported once
  ['src/platform/knows.ts', `import '#messaging'`, 'platform-alone'],
  ['src/messaging/by-alias.ts', `import { Placed } from '#events'`, 'messaging-alone'],
  ['src/messaging/by-type.ts', `import type { Placed } from '../events/index.ts'`, 'messaging-alone'],
  ['src/messaging/by-export.ts', `export { order } from '../domains/order/index.ts'`, 'messaging-alone'],
  ['src/messaging/by-call.ts', `export class A { b = async () => (await import('../api/x.ts')).x }`, 'messaging-alone'],
  [
    'src/messaging/relay/relay.ts',
    `import '../broker/broker.ts'; import '../deliveries/block.ts'; import '../define-event.ts'`,
  ],
  ['src/messaging/reactions/define/define-reaction.ts', `export type Reaction = 1`],
  ['src/messaging/broker/broker.ts', `export const broker = 1`],
  ['src/messaging/broker/blocked.ts', `import '../deliveries/block.ts'`, 'messaging-ground'],
  ['src/messaging/event-store/reacts.ts', `import '../reactions/define/define-reaction.ts'`, 'messaging-ground'],
  ['src/messaging/deliveries/block.ts', `import '../broker/broker.ts'`],
  ['src/messaging/deliveries/relayed.ts', `import '../relay/relay.ts'`, 'messaging-deliveries'],
  [
    'src/messaging/dead-letters/edit/edit.ts',
    `import type { Reaction } from '../../reactions/define/define-reaction.ts'`,
    'messaging-rooms',
  ],
  ['src/messaging/retire.ts', `import './relay/relay.ts'; import './reconcile/relayed.ts'`],
  ['src/messaging/lease/retired.ts', `import '../retire.ts'`, 'messaging-words'],
  [
    'src/messaging/errors.ts',
    `import type { Reaction } from './reactions/define/define-reaction.ts'`,
    'messaging-words-alone',
  ],
  ['src/messaging/story.ts', `import './retire.ts'`, 'messaging-words-alone'],
  ['src/messaging/reconcile/relayed.ts', `export { relay } from '../relay/relay.ts'`, 'messaging-rooms'],
  ['src/messaging/reactions/jobs.ts', `import { type R } from '#jobs'`, 'messaging-alone'],
  [
    'src/messaging/relay/reaction.ts',
    `import '../../../workers/mail/send.ts'`,
    'messaging-alone',
    'reactions-are-found',
  ],
  ['src/platform/serves.ts', `import '#http'`, 'platform-alone'],
  ['src/messaging/serves.ts', `import '#http'`, 'messaging-alone'],
  ['src/http/domain.ts', `import '#domains/order'`, 'http-alone'],
  ['src/http/host.ts', `import '../api/x.ts'`, 'http-alone'],
  ['src/http/web.ts', `import 'express'`, 'express-in-api'],
  ['src/http/store.ts', `import '#messaging'`, 'http-alone'],
  ['src/domains/order/deep.ts', `import '../../http/refusal.ts'`, 'domains-are-blind'],
  ['src/payment-gateway/index.ts', `import '#messaging'; import '#platform/settings'`],
  ['src/payment-gateway/domain.ts', `import '#domains/order'`, 'gateway-alone'],
  ['src/events/domain.ts', `import '#domains/order'`, 'events-are-facts'],
  ['src/events/deep.ts', `import type { T } from '../messaging/define-event.ts'`, 'events-are-facts', 'one-door'],
  ['src/events/files.ts', `import 'node:fs'`, 'events-only-zod'],
  ['src/domains/order/peeks.ts', `import { store } from '../stock/store.ts'`, 'domains-are-blind'],
  ['src/domains/order/serves.ts', `import '../../api/x.ts'`, 'domains-are-blind'],
  ['src/domains/order/web.ts', `import express from 'express'`, 'express-in-api'],
  ['src/domains/order/sends.ts', `import 'amqplib'`, 'amqplib-in-messaging'],
  ['src/payment-gateway/pays.ts', `import type Stripe from 'stripe'`, 'stripe-behind-the-port'],
  ['src/domains/order/later.ts', `import type { Queue } from 'bullmq'`, 'bullmq-in-jobs'],
  ['src/api/x.ts', `import '#http'; export const x = 1`],
  ['src/api/domain.ts', `import '#domains/order'`, 'api'],
  ['src/api/counts.ts', `import 'ioredis'`, 'redis-at-two-places'],
  ['src/api/limits/store.ts', `import 'ioredis'; export const x = 1`],
  ['src/catalogue/index.ts', `import '#events'; import '#messaging'; import '#http'`],
  ['src/catalogue/domain.ts', `import '#domains/order'`, 'catalogue'],
  ['src/catalogue/tool.ts', `import '../cli/story.ts'`, 'catalogue'],
  ['src/cli/lists.ts', `import '../catalogue/index.ts'`],
  ['src/picture/index.ts', `export const picture = 1`],
  ['src/picture/asks.ts', `import '#platform/config'`, 'picture-alone'],
  ['src/admin/index.ts', `import '../picture/index.ts'; import '#domains/order'; import './contract/index.ts'`],
  ['src/admin/hosts.ts', `import '../api/x.ts'`, 'admin'],
  ['src/admin/contract/index.ts', `import { z } from 'zod'; export type T = typeof z`],
  ['src/admin/contract/asks.ts', `import '#messaging'`, 'contract-alone'],
  ['src/jobs/deep.ts', `import '../domains/order/store.ts'`, 'jobs'],
  ['src/audit/deep.ts', `import '../domains/order/store.ts'`, 'audit'],
  ['src/main/named.ts', `import '../../workers/mail/send.ts'`, 'reactions-are-found'],
  ['src/api/starts.ts', `import '../main/api.ts'`, 'api', 'main-wires-last'],
  ['src/platform/script.ts', `import '../../dev/tool.ts'`, 'platform-alone', 'src-stands-alone'],
  ['src/main/helped.ts', `import { react } from '#testing'`, 'testing-in-tests'],
  ['src/main/script.ts', `import '../../dev/tool.ts'`, 'src-stands-alone'],
  ['src/jobs/back-door.ts', `import '../messaging/define-event.ts'`, 'jobs', 'one-door'],
  ['workers/mail/other.ts', `import './send.ts'`, 'reactions-are-alone'],
  ['workers/loyalty/other.ts', `import './award/own.ts'`, 'reactions-are-alone'],
  ['workers/mail/platform.ts', `import '#platform/config'`, 'reactions-are-alone'],
  ['workers/mail/deep.ts', `import '../../src/domains/order/store.ts'`, 'reactions-are-alone'],
  ['workers/mail/api.ts', `import '../../src/api/x.ts'`, 'reactions-are-alone'],
  ['workers/mail/client.ts', `import 'amqplib'`, 'reactions-without-clients', 'amqplib-in-messaging'],
]

const cruise = (cwd: string, type: string) => {
  const cli = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const folders = ['src', 'workers', 'dev', 'examples', 'sandbox', 'test'].filter((name) =>
    readdirSync(cwd).includes(name),
  )
  return spawnSync(process.execPath, [cli, '--output-type', type, ...folders], { cwd, encoding: 'utf8' })
}

function write(folder: string, file: string, content: string) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), content)
}

function plant(folder: string) {
  for (const file of [RULES, 'package.json', 'tsconfig.json']) cpSync(path.join(root, file), path.join(folder, file))
  for (const name of ['express', 'amqplib', 'bullmq', 'ioredis', 'stripe', 'zod', 'jest', 'undeclared']) {
    write(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    write(folder, `node_modules/${name}/index.js`, '')
  }
  for (const [file, source] of plants) write(folder, file, source)
}

describe('the import rules', () => {
  let folder: string
  let found: Map<string, string[]>

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'import-rules-'))
    plant(folder)
    const cruised = cruise(folder, 'json')
    const { summary } = JSON.parse(cruised.stdout) as { summary: { violations: Violation[] } }
    found = new Map(plants.map(([file]) => [file, []]))
    for (const { from, rule } of summary.violations) found.set(from, [...(found.get(from) ?? []), rule.name])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(plants)('%s: %s', (file, _source, ...broken) => {
    expect(found.get(file)?.toSorted()).toEqual(broken.toSorted())
  })

  it('are each broken by at least one plant', () => {
    const { forbidden } = createRequire(__filename)(path.join(root, RULES)) as { forbidden: { name: string }[] }
    const planted = new Set(plants.flatMap(([, , ...broken]) => broken))
    expect(forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([])
  })

  it('speak of every folder of src', () => {
    const { forbidden } = createRequire(__filename)(path.join(root, RULES)) as {
      forbidden: { from: { path?: string } }[]
    }
    const free = ['main', 'testing', 'generated']
    const folders = readdirSync(path.join(root, 'src')).filter((folder) => !free.includes(folder))
    const spokenOf = (folder: string) => forbidden.some(({ from }) => from.path?.startsWith(`^src/${folder}/`))
    expect(folders.filter((folder) => !spokenOf(folder))).toEqual([])
  })

  it('are kept by this repository', () => {
    const { status, stdout } = cruise(root, 'err')
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('no dependency violations') })
  })
})
