import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { PaymentGateway } from '#domains/payment'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import type { Finding, Limits, Offender } from './invariant.ts'

const INVARIANT = {
  invariant: 'gateway-agrees',
  says: "The payment gateway's totals are those of our ledger.",
  onlyWarns: false,
}
const ANSWER_MS = 3_000
const TRIES = 3
const PAUSE_MS = 1_000

/**
 * Compares the ledger with what the gateway itself has counted. While payments are under way the gateway is ahead of the
 * ledger by those, so a difference counts only when none is.
 */
export async function compareWithGateway(db: Database | Transaction, limits: Limits): Promise<Finding> {
  const skipped = (why: string): Finding => ({ ...INVARIANT, count: 0, offenders: [], skipped: why })
  const { gateway } = limits
  if (!gateway) return skipped('no gateway was given')
  if (!gateway.totals) return skipped(`${gateway.name} tells no totals`)
  for (let attempt = 1; ; attempt++) {
    const theirs = await readGateway(gateway)
    if (!theirs) return skipped(`${gateway.name} does not answer`)
    const offenders = differences(await readLedger(db), theirs)
    if (offenders.length === 0) return { ...INVARIANT, count: 0, offenders }
    if (attempt < TRIES) await wait(PAUSE_MS)
    else if ((await underWay(db)) > 0) return skipped('payments are under way; ask again when they have settled')
    else return { ...INVARIANT, count: offenders.length, offenders: offenders.slice(0, limits.list) }
  }
}

/** `GBP captured` → `12 × 34500`: how many, and minor units in all. */
type Totals = ReadonlyMap<string, string>

async function readGateway(gateway: PaymentGateway): Promise<Totals | undefined> {
  try {
    const totals = await gateway.totals!(AbortSignal.timeout(ANSWER_MS))
    const sums = Object.entries(totals).flatMap(([currency, kinds]) =>
      Object.entries(kinds).map(
        ([kind, { count, amount }]) => [`${currency} ${kind}`, `${count} × ${amount}`] as const,
      ),
    )
    return new Map(sums.filter(([, sum]) => sum !== '0 × 0'))
  } catch {
    return undefined
  }
}

const LedgerSum = row({ name: z.string(), sum: z.string() })

async function readLedger(db: Database | Transaction): Promise<Totals> {
  const rows = await readRows(db, LedgerSum)`
    SELECT currency || ' ' || kind AS name, sum(entries) || ' × ' || sum(amount) AS sum FROM (
      SELECT currency, kind, count(*) AS entries, sum(greatest(abs(held), abs(taken))) AS amount FROM payment_ledger GROUP BY currency, kind
      UNION ALL
      SELECT key, substr(account, 7), entries, amount FROM carried_forward WHERE account LIKE 'money.%') AS booked
    GROUP BY currency, kind`
  return new Map(rows.map(({ name, sum }) => [name, sum]))
}

function differences(ours: Totals, theirs: Totals): Offender[] {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()
  return names.flatMap((who) => {
    const [we, they] = [ours.get(who) ?? 'nothing', theirs.get(who) ?? 'nothing']
    return we === they ? [] : [{ who, why: `The gateway has ${they}, the ledger ${we}.` }]
  })
}

const Open = row({ open: z.int() })

async function underWay(db: Database | Transaction): Promise<number> {
  const { open } = await readRow(db, Open)`
    SELECT count(*)::int AS open
    FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since AND s.reaction LIKE 'payment.%'
    WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)`
  return open
}
