import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type ContextManager,
  type Span,
  type SpanContext,
} from '@opentelemetry/api'
import { describeStatement } from './tracing/statements.ts'

export { SpanKind }

export interface SpanOptions {
  /** @default INTERNAL */
  kind?: SpanKind
  attributes?: Attributes
  /** W3C traceparent of what this belongs to. @default the span under way */
  parent?: string | null
  /** Begins a trace where it belongs to nothing. @default false: what belongs to no trace is not traced */
  root?: boolean
  /** Others that it has to do with, as W3C traceparents. */
  links?: readonly (string | null | undefined)[]
}

/** What makes spans, and what knows the one under way. */
export interface Tracing {
  /** Begins the span of a parent; a trace without one. It may be one that nobody records. */
  begin(name: string, kind: SpanKind, parent: SpanContext | undefined): Span
  readonly contexts: ContextManager
}

let tracing: Tracing | undefined

/** Without one, nothing here costs more than a look at a variable. */
export function useTracing(one: Tracing | undefined): void {
  tracing = one
}

/** Runs something as a span, which is under way meanwhile. Just runs it where nothing is traced. */
export async function inSpan<Answer>(name: string, options: SpanOptions, run: () => Promise<Answer>): Promise<Answer> {
  const place = tracing && placeOf(options, tracing)
  if (!tracing || !place) return run()
  const span = begin(tracing, name, options, place)
  try {
    return await tracing.contexts.with(trace.setSpan(place.within, span), run)
  } catch (error) {
    fail(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Where a span belongs that several share: to the first of them that is recorded, linked to the others that are. */
export function sharedBy(traceparents: readonly (string | null)[]): { parent: string | null; links: string[] } {
  const all = traceparents.filter((one) => one !== null)
  const [parent = all[0] ?? null, ...links] = all.filter((one) => parse(one)?.traceFlags === TraceFlags.SAMPLED)
  return { parent, links }
}

/** A span that begins here and ends elsewhere. */
export class OpenSpan {
  readonly #span: Span

  constructor(span: Span) {
    this.#span = span
  }

  /** For what follows from it. */
  get traceparent(): string {
    return format(this.#span.spanContext())
  }

  end(error?: Error): void {
    if (error) fail(this.#span, error)
    this.#span.end()
  }
}

/** Undefined where nothing is traced. */
export function beginSpan(name: string, options: SpanOptions): OpenSpan | undefined {
  const place = tracing && placeOf(options, tracing)
  return tracing && place ? new OpenSpan(begin(tracing, name, options, place)) : undefined
}

/** W3C traceparent of the span under way; null when there is none. */
export function activeTraceparent(): string | null {
  const span = tracing && trace.getSpan(tracing.contexts.active())
  return span ? format(span.spanContext()) : null
}

/** Runs a statement of PostgreSQL as a span of what is traced at this moment; outside of a trace it is only run. */
export function traceStatement(statement: unknown, run: () => unknown): unknown {
  const parent = tracing && trace.getSpan(tracing.contexts.active())
  if (!tracing || !parent?.isRecording()) return run()
  const text = typeof statement === 'string' ? statement : String((statement as { text?: unknown } | undefined)?.text)
  const { summary, attributes } = describeStatement(text)
  const span = tracing.begin(summary, SpanKind.CLIENT, parent.spanContext())
  span.setAttributes(attributes)
  const answer = run()
  if (answer instanceof Promise) answer.then(() => span.end(), endFailed(span))
  else span.end()
  return answer
}

/** For a line of the log, by OpenTelemetry's names: the trace and span under way, or those of a W3C traceparent. */
export function traceFields(traceparent = activeTraceparent()): TraceFields {
  const parsed = parse(traceparent)
  if (!parsed) return {}
  return { trace_id: parsed.traceId, span_id: parsed.spanId, trace_flags: `0${parsed.traceFlags}` }
}

interface TraceFields {
  trace_id?: string
  span_id?: string
  /** 01; of a trace that nobody records 00: no receiver knows its id. */
  trace_flags?: string
}

/** Where a span begins. */
interface Place {
  within: Context
  of: SpanContext | undefined
}

/** Undefined where nothing is to be begun: what is within a span that nobody records stays in that span. */
function placeOf({ parent, root = false }: SpanOptions, { contexts }: Tracing): Place | undefined {
  if (parent === undefined) {
    const within = contexts.active()
    const span = trace.getSpan(within)
    if (span) return span.isRecording() ? { within, of: span.spanContext() } : undefined
  }
  const of = parse(parent)
  return of || root ? { within: ROOT_CONTEXT, of } : undefined
}

function begin(by: Tracing, name: string, { kind = SpanKind.INTERNAL, attributes, links }: SpanOptions, { of }: Place) {
  const span = by.begin(name, kind, of)
  if (!span.isRecording()) return span
  if (attributes) span.setAttributes(attributes)
  links?.forEach((link) => {
    const linked = parse(link)
    if (linked) span.addLink({ context: linked })
  })
  return span
}

const endFailed = (span: Span) => (error: unknown) => {
  fail(span, error)
  span.end()
}

/** Without its message, which may quote what is personal. */
function fail(span: Span, error: unknown) {
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** A traceparent as W3C Trace Context defines it (version 00). */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text)

function parse(traceparent: string | null | undefined): SpanContext | undefined {
  if (!traceparent || !isTraceparent(traceparent)) return undefined
  const [traceId, spanId] = [traceparent.slice(3, 35), traceparent.slice(36, 52)]
  return { traceId, spanId, traceFlags: Number.parseInt(traceparent.slice(53), 16) & 1, isRemote: true }
}

const format = ({ traceId, spanId, traceFlags }: SpanContext) => `00-${traceId}-${spanId}-0${traceFlags & 1}`
