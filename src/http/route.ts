import type { z } from 'zod'
import type { Caller, Scope } from './caller.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** What a route's handler gets: only what its schemas let through. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Who is asking; on public routes nobody, who may do nothing. */
  readonly caller: Caller
  /** W3C trace context of the caller, if it sent one. */
  readonly traceparent: string | null
  /** A request header by its name in lower case. */
  header(name: string): string | undefined
  /** The body as it comes, of a route with `lines`. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** The body as it was sent, where the route takes it so. */
  readonly bytes?: Buffer | undefined
  /** It was carried out before, and is asked for its answer alone; see `idempotency`. @default false */
  readonly isRepeated?: boolean
}

/** One message of a stream of Server-Sent Events. */
export interface LiveMessage {
  /** What the browser sends as `Last-Event-ID` when it connects again. */
  id?: string
  /** Left out: it only says by its id where to go on. */
  event?: string
  data?: unknown
  /** In place of `data`, where many are sent the same: it is JSON already. */
  json?: string
}

export interface Reply {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON; leave it out for an empty answer. */
  body?: unknown
  /** In place of `body`: sent as it is. */
  text?: { readonly type: string; readonly text: string }
  /**
   * In place of `body`: sent one by one as Server-Sent Events, until it ends or nobody listens any more. As a function it is told when that is:
   * what waits for long has to end then.
   */
  live?: AsyncIterable<LiveMessage> | ((closed: AbortSignal) => AsyncIterable<LiveMessage>)
  /** In place of `body`: sent as NDJSON as they come, each object a line. */
  lines?: AsyncIterable<readonly object[]>
}

/** A header that the route reads, for the OpenAPI document. */
export interface HeaderDoc {
  name: string
  description: string
  required?: boolean
}

/** A success answer, for the OpenAPI document. */
export interface ReplyDoc {
  description: string
  schema?: z.ZodType
  headers?: Readonly<Record<string, string>>
  /** Sent as Server-Sent Events where the caller accepts those. @default false */
  isLive?: boolean
  /** Media type of an answer that is no JSON of a schema. */
  type?: string
  /** The shape of each line, where it is sent as NDJSON. */
  lines?: z.ZodType
}

type Schema = z.ZodType | undefined
type Taken<Kind extends Schema> = Kind extends z.ZodType ? z.output<Kind> : undefined
type Sent<Kind extends Schema> = Kind extends z.ZodType ? z.input<Kind> : undefined

/**
 * A request that works as it stands, for the OpenAPI document. A test sends each of them; where one names something that has to exist,
 * `standIn` gives the id, and the test knows how to make that thing.
 */
export interface RouteExample<Params, Query, Body> {
  params?: Params
  query?: Query
  body?: Body
}

interface RouteDefinition<Params extends Schema, Query extends Schema, Body extends Schema> {
  method: Method
  /** As in OpenAPI: `/v1/orders/{id}`. */
  path: `/${string}`
  /** The events that it may publish, for the catalogue of who causes what. */
  publishes?: readonly { readonly type: string }[]
  /** Unique; names the operation for generated clients. */
  operationId: string
  summary: string
  description?: string
  tag: string
  /** Needs no API key. @default false */
  public?: boolean
  /** What a key must be allowed to do. `any` is for every key. @default 'admin' */
  scope?: Scope | 'any'
  params?: Params
  query?: Query
  /** A JSON body of this shape is required. Without it the route takes no body. */
  body?: Body
  /** In place of `body`: NDJSON, whose lines have this shape. They are not checked; see `defineBulkRoute`. */
  lines?: z.ZodType
  /** Takes any body in place of one of a shape, as it was sent: a signature is over that. @default false */
  takesBytes?: boolean
  /** For a partner's program, which does not read our document. @default false */
  undocumented?: boolean
  /** What to send. Left out where nothing has to be sent. */
  example?: RouteExample<Sent<Params>, Sent<Query>, Sent<Body>>
  headers?: readonly HeaderDoc[]
  /**
   * Every POST takes an Idempotency-Key, and the host sees to it: it keeps the answer. `again`: a second time this one changes nothing,
   * and is carried out again for its answer, which is not kept. `itself`: this one sees to it, in the transaction of its change.
   * @default 'host'
   */
  idempotency?: 'host' | 'again' | 'itself'
  /** Its answer holds a secret, which is not kept for a repeated request. @default false */
  secret?: boolean
  /** By status. */
  replies: Readonly<Record<number, ReplyDoc>>
  /** Statuses of the refusals that are particular to this route, each with its codes. */
  refusals?: Readonly<Record<number, string>>
  handle(request: RouteRequest<Taken<Params>, Taken<Query>, Taken<Body>>): Promise<Reply> | Reply
}

/** One operation of the HTTP API as data: the host mounts it, validates for it, answers errors for it and documents it. */
export interface Route extends Omit<
  RouteDefinition<Schema, Schema, Schema>,
  'params' | 'query' | 'body' | 'example' | 'handle'
> {
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly example?: RouteExample<unknown, unknown, unknown>
  readonly handle: (request: RouteRequest<never, never, never>) => Promise<Reply> | Reply
}

/**
 * Defines an operation. Refuse with `throw new Refusal(…)`; the host makes a problem document of it.
 * `params`, `query` and `body` arrive checked and typed by their schemas.
 */
export function defineRoute<
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(definition: RouteDefinition<Params, Query, Body>): Route {
  return definition as Route
}
