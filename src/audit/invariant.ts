import { z } from 'zod'
import type { PaymentGateway } from '#domains/payment'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'

export interface Limits {
  /** Milliseconds after which an order that is not at its end counts as stuck, and an effect that is owed as missing. */
  patienceMs: number
  /** Most offenders that are listed for a invariant; all are counted. */
  list: number
  /** The payment provider; without it nothing is compared with what it says. */
  gateway?: PaymentGateway | undefined
  /** Of the gateway's money, what was asked for within so many milliseconds is looked at one by one. @default 1 day */
  gatewaySinceMs?: number | undefined
}

/** Something that breaks a invariant. */
export interface Offender {
  /** The order, event, SKU, … */
  who: string
  /** What is wrong with it, in one sentence. */
  why: string
}

/** Something that holds at any moment, whatever has crashed. */
export interface Invariant {
  /** Stable: scripts may ask for it by this name. */
  name: string
  /** The invariant in one sentence. */
  says: string
  /** Something to look at and nothing broken; counts as broken when the audit is strict. @default false */
  onlyWarns?: boolean
  /** The schema of a projection that it reads; it is not checked where that is not there (yet). */
  needs?: string
  /** One statement, so that it sees one moment: a row with the columns `who` and `why` for each offender. */
  offenders(limits: Limits): Prisma.Sql
}

export interface Finding {
  invariant: string
  says: string
  onlyWarns: boolean
  /** All offenders, listed or not. */
  count: number
  offenders: Offender[]
  /** Why nothing can be said of this invariant at this moment. */
  skipped?: string
}

/** Whether what was found means that something is broken. */
export const isBroken = ({ count, onlyWarns }: Finding, strict = false) => count > 0 && (strict || !onlyWarns)

/** Orders that are owed something: they have been as they are for longer than patience lasts. */
export const since = (column: string, { patienceMs }: Limits) =>
  Prisma.sql`${Prisma.raw(column)} < clock_timestamp() - ${patienceMs}::float8 * interval '1 ms'`

/**
 * All offenders are found first. The planner would otherwise hope to be done after a few of them, there are none, and on
 * the way it had compared every order with every other.
 */
export const statementOf = (invariant: Invariant, limits: Limits) => Prisma.sql`
  WITH offenders AS MATERIALIZED (${invariant.offenders(limits)})
  SELECT who::text, why, count(*) OVER ()::int AS total FROM offenders ORDER BY who LIMIT ${limits.list}`

const OffenderRow = row({ who: z.string(), why: z.string(), total: z.int() })

export async function apply(db: Database | Transaction, invariant: Invariant, limits: Limits): Promise<Finding> {
  const { name, says, onlyWarns = false, needs } = invariant
  if (needs && !(await isThere(db, needs)))
    return { invariant: name, says, onlyWarns, count: 0, offenders: [], skipped: `${needs} is not built` }
  const found = await readRows(db, OffenderRow)(statementOf(invariant, limits))
  const offenders = found.map(({ who, why }) => ({ who, why }))
  return { invariant: name, says, onlyWarns, count: found[0]?.total ?? 0, offenders }
}

const Schema = row({ there: z.boolean() })

async function isThere(db: Database | Transaction, schema: string): Promise<boolean> {
  return (await readRow(db, Schema)`SELECT to_regnamespace(${schema}) IS NOT NULL AS there`).there
}
