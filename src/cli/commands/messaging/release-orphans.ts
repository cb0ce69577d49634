import type { PaymentGateway } from '#domains/payment'
import { Refused } from '#messaging'
import type { Database } from '#platform/database'
import {
  findOrphans,
  isStandby,
  releaseOrphans as giveBack,
  type Orphans,
  type Released,
} from '../../../audit/index.ts'
import { host } from '../../host.ts'
import { ago, confirm, counted, EXIT, say, sayJson, table } from '../../terminal/output.ts'

export interface ReleaseFlags {
  grace: number
  gatewaySince: number
  dryRun?: boolean
  yes?: boolean
  force?: boolean
  json?: boolean
}

/**
 * Shows what belongs to orders that the database does not know, asks, and gives it back. @returns the exit code
 * @throws Refused when there is reason to think that it is the wrong database
 */
export async function releaseOrphans(
  db: Database,
  gateway: PaymentGateway | undefined,
  flags: ReleaseFlags,
): Promise<number> {
  if (await isStandby(db))
    throw new Refused('This database is a standby, which may lack the newest orders: set DATABASE_URL to the primary.')
  const orphans = await findOrphans(db, gateway, { graceMs: flags.grace, gatewaySinceMs: flags.gatewaySince })
  const count = orphans.money.length + orphans.reservations.length
  if (!flags.json) show(orphans, gateway)
  if (count === 0 || flags.dryRun) {
    if (flags.json) sayJson({ found: orphans, released: [] })
    return EXIT.ok
  }
  expectOurGateway(orphans, flags)
  await confirm(
    `Void or refund ${counted(orphans.money.length, 'payment')} and put back the goods of ${counted(orphans.reservations.length, 'order')}?`,
    flags,
  )
  const released = await giveBack(db, gateway, orphans)
  if (flags.json)
    sayJson({ found: orphans, released: released.map(({ error, ...one }) => ({ ...one, error: error?.message })) })
  else tell(released)
  return released.some(({ error }) => error) ? EXIT.failed : EXIT.ok
}

function show({ money, reservations }: Orphans, gateway: PaymentGateway | undefined) {
  if (!gateway)
    say('No gateway was given, so its holds are not looked at: set PAYMENT_GATEWAY_URL, or PAYMENT_PROVIDER to stripe.')
  if (money.length + reservations.length === 0)
    return say('Nothing is held for an order that the database does not know.')
  const rows = [
    ...money.map(({ orderId, state, amount, authorizationId, since }) => [
      orderId,
      `${amount.amount} ${amount.currency} ${state} (${authorizationId})`,
      ago(since),
    ]),
    ...reservations.map(({ orderId, pieces, since }) => [orderId, `${pieces} pieces reserved`, ago(since)]),
  ]
  say(table(['order, unknown here', 'what is held for it', 'since'], rows))
}

/** One wrong URL must not void the money of a whole system. */
function expectOurGateway({ money, known }: Orphans, { force }: ReleaseFlags) {
  if (force || money.length <= known) return
  throw new Refused(
    `The database knows only ${known} of the ${known + money.length} orders that money is held for. Is it the database of this gateway? If so, add --force.`,
  )
}

function tell(released: readonly Released[]) {
  for (const { orderId, what, error } of released) say(`${orderId}  ${what}${error ? `: ${error.message}` : ''}`)
  const failed = released.filter(({ error }) => error).length
  say(
    failed === 0
      ? `\nAll of it was given back. Next: ${host().call('audit')}`
      : `\n${counted(failed, 'failure')}: run it again, what went back does not go back twice.`,
  )
}
