import type { Transaction } from '#platform/database'
import type { AnyEventType, RecordedOf } from '../define-event.ts'
import { checkProjection } from './check-projection.ts'

/** What `apply` writes through: raw statements, which find the tables of the projection and no others by their plain names. */
export type ProjectionTransaction = Pick<Transaction, '$executeRaw' | '$queryRaw'>

type Subscribed = AnyEventType | readonly AnyEventType[]
type Received<On extends Subscribed> = RecordedOf<
  On extends AnyEventType ? On : On extends readonly AnyEventType[] ? On[number] : never
>

export interface ProjectionDefinition<On extends Subscribed> {
  /** `<folder>.<file>` under workers/, stable for ever: it names the schema of its tables and its row. */
  name: string
  /** The event type, or types, that its tables follow from. */
  on: On
  /**
   * Raised with each change of `tables`, and of what `apply` makes of events. The tables stay as they are until
   * `fanfare projections rebuild` has built those of the new version; a process of another version leaves them alone. @default 1
   */
  version?: number
  /** The statements that make its tables and indexes, each by its plain name: `CREATE TABLE by_day (…)`. */
  tables: readonly string[]
  /** Where a new projection begins: with all of history, or with what is published from its first start on. @default 'beginning' */
  from?: 'beginning' | 'now'
  /** Most events of one transaction. @default 2000 */
  batchSize?: number
  /** False where it needs no personal data: its events come with them withheld. @default true */
  personalData?: boolean
  /**
   * Writes what follows from events, which come in the order of their positions, each exactly once. The result depends on
   * these events and its own tables alone: no clock, no chance, no other table. Throwing stops the projection, not the others.
   */
  apply: (events: readonly Received<On>[], tx: ProjectionTransaction) => Promise<unknown>
}

/** A projection, as the run loop and the rebuild see it. */
export interface Projection {
  readonly kind: 'projection'
  readonly name: string
  /** The PostgreSQL schema that holds its tables. */
  readonly schema: string
  readonly on: readonly AnyEventType[]
  readonly version: number
  readonly tables: readonly string[]
  readonly from: 'beginning' | 'now'
  readonly batchSize: number
  readonly personalData: boolean
  readonly apply: (events: never, tx: ProjectionTransaction) => Promise<unknown>
}

/**
 * A read model: one file under workers/, tables of its own that follow from events and can be made again from them.
 *
 * Guarantees: each event once and in the order of positions, over crashes, replicas and failovers; tables and position commit
 * together. (Marten calls this an asynchronous projection.)
 * @throws TypeError with the sentence that says what is wrong with the definition
 */
export function defineProjection<const On extends Subscribed>(definition: ProjectionDefinition<On>): Projection {
  checkProjection(definition)
  const { name, on, apply, version = 1, tables, from = 'beginning', ...options } = definition
  const types = (Array.isArray(on) ? on : [on]) as AnyEventType[]
  const schema = schemaOf(name)
  const { batchSize = 2_000, personalData = true } = options
  const known = { name, schema, on: types, version, tables, from, batchSize, personalData }
  return { kind: 'projection', ...known, apply: apply as never }
}

/** `analytics.sales-by-day` → `projection_analytics_sales_by_day` */
export const schemaOf = (name: string) => `projection_${name.replaceAll(/[.-]/g, '_')}`

export const isProjection = (value: unknown): value is Projection =>
  (value as Projection | undefined)?.kind === 'projection'
