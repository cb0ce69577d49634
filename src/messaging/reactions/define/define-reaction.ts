import type { Transaction, Database } from '#platform/database'
import type { AnyEventType, NewEvent, RecordedOf } from '../../define-event.ts'
import type { Append } from '../../event-store/append.ts'
import { checkDefinition } from './check-definition.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.ts'

/** An event, or one with what `append` takes for optimistic concurrency on its stream's version. */
export type Published = NewEvent | Pick<Append, 'event' | 'expectedVersion' | 'time'>

/**
 * What a handler publishes: nothing, one event or several. They are appended in the handler's transaction. When a stream is
 * not at its `expectedVersion`, the handler runs again at once.
 */
export type Publication = void | null | undefined | Published | readonly Published[]

export interface CallContext {
  /** Names the effect (`effect` of the reaction): the same on every attempt. Pass it to the outside system. */
  idempotencyKey: string
  /** Aborted when the call has taken longer than `callTimeoutMs`; a stopping process lets its calls finish. */
  signal: AbortSignal
  /** For reading only; what must commit with the event belongs into `handle`. */
  db: Database
}

export interface HandleContext<Result> {
  /** Commits together with "this event was handled" and with the published events. */
  tx: Transaction
  /** What `call` returned for this event. */
  result: Result
  /**
   * The time of this attempt, by this process's clock: for what is written down. What is compared with a time in a row is
   * compared by the database's clock, in the statement (`now()`).
   */
  now: Date
}

export interface BatchContext<Result> {
  tx: Transaction
  /** What `call` returned, one for each event. */
  results: readonly Result[]
  now: Date
}

interface ReactionOptions {
  /** Milliseconds one `call` may take. @default 10000 */
  callTimeoutMs?: number
  /**
   * What its `call` needs, such as payment-gateway. Reactions that name the same one share its breaker, and what they gave up on while
   * it was away is redriven together. @default none: it shares its breaker with nobody
   */
  dependency?: string
  /** Calls of one batch under way at once. @default 16 */
  callConcurrency?: number
  /**
   * Batches of one process under way at once, so that a slow call holds up itself and one of them; what
   * its own batch has called meanwhile is handled after a quarter of a second.
   * @default 4 with a `call`, else 1
   */
  concurrency?: number
  /** Messages the broker hands out before it waits for acknowledgements. @default 200 */
  prefetch?: number
  /** Most messages handled in one transaction. @default 100 */
  batchSize?: number
  /**
   * Milliseconds a batch waits after its first message for more. For reactions nobody waits for: larger batches cost less.
   * @default 0
   */
  lingerMs?: number
  retry?: Partial<RetryPolicy>
  /** Handle the events of one stream strictly by stream version, whatever order they arrive in. @default false */
  ordered?: boolean
  /**
   * What it does follows from the whole stream as it is stored, and not from the event that it is given: an edit of a dead letter
   * would change nothing, and is refused. @default false
   */
  fromStream?: boolean
  /**
   * False where it needs no personal data: its events come with them withheld, and it saves what opening each costs. @default true
   */
  personalData?: boolean
  /**
   * Which events a new reaction gets, or a type that is new in `on`: those of history as well, or those that are published from its
   * first start on. One with a `call` begins now; history is brought to it by name, with a plan first (`fanfare replay`). @default 'now'
   */
  from?: 'beginning' | 'now'
  /**
   * Whether this installation wants it, such as that the setting is set which it needs. Asked when a process begins. Where it is not
   * wanted it is subscribed to nothing and costs nothing; once it was, its events wait for it until it is retired. @default always
   */
  enabled?: () => boolean
}

type Subscribed = AnyEventType | readonly AnyEventType[]
type Received<On extends Subscribed> = RecordedOf<
  On extends AnyEventType ? On : On extends readonly AnyEventType[] ? On[number] : never
>

interface ReactionCommon<On extends Subscribed, Result> extends ReactionOptions {
  /** `<folder>.<file>` under workers/, stable for ever: it names the queue and the rows. */
  name: string
  /** The event type, or types, it reacts to. */
  on: On
  /**
   * The event types that its handler may publish: the catalogue tells who causes what. A test in which it publishes another
   * one fails; a process lets it pass. @default none
   */
  publishes?: Subscribed
  /** The outside effect: a network call, outside of any transaction. It may run again after a crash. */
  call?: (event: Received<On>, context: CallContext) => Promise<Result>
  /**
   * The idempotency key of `call`: names what it does outside, such as `authorize:<order id>`. Two events that stand for
   * one effect have one key, so the outside system does it once.
   * @default `<reaction>:<event id>`
   */
  effect?: (event: Received<On>) => string
}

interface OneByOne<On extends Subscribed, Result> {
  /**
   * Effects in the database, exactly once per event. Returns what to publish. It may run again for an event that was
   * handled; then nothing of that commits. So nothing outside of `tx` belongs in here.
   */
  handle: (event: Received<On>, context: HandleContext<Result>) => Promise<Publication> | Publication
  handleBatch?: never
}

interface ManyAtOnce<On extends Subscribed, Result> {
  /**
   * Like `handle` for many events in few statements. Returns one publication for each event, in the same order.
   * Lock rows that other events may touch too in a fixed order. Called with one event when a batch has failed. An
   * `ordered` reaction gets the events of each stream in their order, streams one after the other.
   */
  handleBatch: (events: readonly Received<On>[], context: BatchContext<Result>) => Promise<readonly Publication[]>
  handle?: never
}

export type ReactionDefinition<On extends Subscribed, Result> = ReactionCommon<On, Result> &
  (OneByOne<On, Result> | ManyAtOnce<On, Result>)

/** A reaction, as the run loop sees it. */
export interface Reaction {
  readonly name: string
  readonly on: readonly AnyEventType[]
  readonly publishes: readonly AnyEventType[]
  readonly call: ((event: never, context: CallContext) => Promise<unknown>) | undefined
  readonly effect: ((event: never) => string) | undefined
  readonly handle: ((event: never, context: HandleContext<never>) => Promise<Publication> | Publication) | undefined
  readonly handleBatch: ((events: never, context: BatchContext<never>) => Promise<readonly Publication[]>) | undefined
  readonly retry: RetryPolicy
  readonly dependency?: string
  readonly callTimeoutMs: number
  readonly callConcurrency: number
  readonly concurrency: number
  readonly prefetch: number
  readonly batchSize: number
  readonly lingerMs: number
  readonly ordered: boolean
  readonly fromStream: boolean
  readonly personalData: boolean
  readonly from: 'beginning' | 'now'
  readonly enabled: () => boolean
}

const DEFAULTS = {
  callTimeoutMs: 10_000,
  callConcurrency: 16,
  prefetch: 200,
  batchSize: 100,
  lingerMs: 0,
  ordered: false,
  fromStream: false,
  personalData: true,
  from: 'now' as const,
  enabled: () => true,
}

/**
 * A reaction: one file under workers/, one queue. Return = done, throw = later, `throw new Unrecoverable` = dead letter
 * at once, `throw new RetryLater(ms)` = later without using up an attempt.
 * @throws TypeError with the sentence that says what is wrong with the definition
 */
export function defineReaction<const On extends Subscribed, Result = undefined>(
  definition: ReactionDefinition<On, Result>,
): Reaction {
  checkDefinition(definition)
  const { name, on, publishes = [], retry, call, effect, handle, handleBatch, ...options } = definition
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return {
    ...DEFAULTS,
    concurrency: call ? 4 : 1,
    ...given,
    name,
    on: listOf(on),
    publishes: listOf(publishes),
    call: call as Reaction['call'],
    effect: effect as Reaction['effect'],
    handle: handle as Reaction['handle'],
    handleBatch: handleBatch as Reaction['handleBatch'],
    retry: { ...DEFAULT_RETRY, ...retry },
  }
}

const listOf = (types: Subscribed) => (Array.isArray(types) ? types : [types]) as readonly AnyEventType[]
