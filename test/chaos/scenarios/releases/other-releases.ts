import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../../../../dev/services/index.ts'

/** What a process of a release runs from; `node_modules` is ours. */
const COPIED = ['src', 'workers', 'package.json', 'tsconfig.json']

/** A file, a text in it, and what stands there in the other release. */
type Edit = readonly [file: string, text: string, other: string]

/** Version 1 of `order.placed`, with the payment token in it; who places and pays orders knows no other way. */
const BEFORE: readonly Edit[] = [
  ['src/events/order.ts', `  version: 2,\n`, ''],
  ['src/events/order.ts', `    total: Money,\n`, `    total: Money,\n    payment: z.object({ token: z.string() }),\n`],
  ['src/domains/order/place/place-order.ts', 'return OrderPlaced({', 'return OrderPlaced({ payment: request.payment,'],
  ['src/domains/payment/tokens.ts', 'INSERT INTO payment_tokens (order_id, token, kept_at)', ''],
  [
    'workers/payment/authorize-payment.ts',
    'authorize(gateway(), placed, context)',
    `gateway().authorize(
    { amount: placed.data.total, token: placed.data.payment.token, reference: placed.data.orderId }, context)`,
  ],
]

const EDITS: readonly Edit[] = [
  // A new type, published by a reaction that there was.
  ['workers/fraud/screen-order.ts', 'FraudFlagged, OrderPlaced', 'FraudFlagged, FraudScored, OrderPlaced'],
  ['workers/fraud/screen-order.ts', 'return flagged', 'const verdict = flagged'],
  [
    'workers/fraud/screen-order.ts',
    'FraudCleared({ orderId: order.orderId, score })\n',
    'FraudCleared({ orderId: order.orderId, score })\n    return [verdict, FraudScored({ orderId: order.orderId, score })]\n',
  ],
  // An ordered reaction is on the new type, and another one is on one less of the old.
  ['workers/order/record-history.ts', `import { HISTORY`, `import { FraudScored } from '#events'\nimport { HISTORY`],
  ['workers/order/record-history.ts', 'on: HISTORY,', `on: [...HISTORY, FraudScored],`],
  [
    'workers/order/record-history.ts',
    'recordHistory(tx, events)',
    `recordHistory(tx, events.filter(({ type }) => type !== 'fraud.scored'))`,
  ],
  ['workers/notification/email-customer.ts', '    OrderShipped,\n    PaymentRefunded,', '    PaymentRefunded,'],
]

const ADDED: Readonly<Record<string, string>> = {
  'src/events/fraud-scored.ts': `
import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'

export const FraudScored = defineEvent({
  type: 'fraud.scored',
  summary: 'Screening has given the order a score.',
  stream: orderStream,
  schema: z.object({ orderId: z.uuid(), score: z.int() }),
})
`,
  'src/events/index.ts': `${readFileSync(path.join(PROJECT, 'src/events/index.ts'), 'utf8')}export * from './fraud-scored.ts'\n`,
  'workers/insight/watch-scores.ts': `
import { FraudScored, OrderPlaced } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({ name: 'insight.watch-scores', on: [FraudScored, OrderPlaced], handle: () => null })
`,
}

const REMOVED = ['workers/loyalty']

/** Reactions of the next release that are on a type for the first time. */
export const NEWLY_SUBSCRIBED = ['insight.watch-scores', 'order.record-history']

/** What nobody wants any more once the next release is everywhere, as `worker --retire` takes it. */
export const RETIRED = ['loyalty.award-points', 'notification.email-customer:order.shipped']

export interface Release {
  folder: string
  remove(): void
}

/** This project as it was before version 2 of `order.placed`, in a folder of its own. */
export const makeReleaseBefore = (): Release => copyWith(BEFORE)

/** This project with a new type, a new reaction, and one less, in a folder of its own. */
export function makeNextRelease(): Release {
  const release = copyWith(EDITS)
  for (const [name, text] of Object.entries(ADDED)) {
    mkdirSync(path.dirname(path.join(release.folder, name)), { recursive: true })
    writeFileSync(path.join(release.folder, name), text)
  }
  for (const name of REMOVED) rmSync(path.join(release.folder, name), { recursive: true })
  return release
}

/** What would keep the other releases from being made: texts that the project has no more. */
export const missingTexts = () =>
  [...BEFORE, ...EDITS].filter(([file, text]) => !readFileSync(path.join(PROJECT, file), 'utf8').includes(text))

function copyWith(edits: readonly Edit[]): Release {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-release-'))
  for (const name of COPIED) cpSync(path.join(PROJECT, name), path.join(folder, name), { recursive: true })
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'))
  for (const [name, text, other] of edits) edit(path.join(folder, name), text, other)
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

function edit(file: string, text: string, other: string) {
  const here = readFileSync(file, 'utf8')
  if (!here.includes(text)) throw new Error(`${file} has no '${text}' any more: the other release is made by that`)
  writeFileSync(file, here.replace(text, other))
}
