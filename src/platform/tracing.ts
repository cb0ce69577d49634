import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
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

let tracer: Tracer | undefined

/** Without one, nothing here costs more than a look at a variable. */
export function useTracer(one: Tracer | undefined): void {
  tracer = one
}

/** Runs something as a span, which is under way meanwhile. Just runs it where nothing is traced. */
export async function inSpan<Answer>(name: string, options: SpanOptions, run: () => Promise<Answer>): Promise<Answer> {
  if (!tracer) return run()
  const within = contextOf(options)
  if (!within) return run()
  const span = begin(tracer, name, options, within)
  try {
    return await context.with(trace.setSpan(within, span), run)
  } catch (error) {
    fail(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** A span that begins here and ends elsewhere. */
export interface OpenSpan {
  /** For what follows from it. */
  readonly traceparent: string
  end(error?: Error): void
}

/** Undefined where nothing is traced. */
export function beginSpan(name: string, options: SpanOptions): OpenSpan | undefined {
  const within = tracer && contextOf(options)
  if (!tracer || !within) return undefined
  const span = begin(tracer, name, options, within)
  return {
    traceparent: format(span.spanContext()),
    end(error) {
      if (error) fail(span, error)
      span.end()
    },
  }
}

/** W3C traceparent of the span under way; null when there is none. */
export function activeTraceparent(): string | null {
  const span = tracer && trace.getActiveSpan()
  return span ? format(span.spanContext()) : null
}

/** Runs a statement of PostgreSQL as a span of what is traced at this moment; outside of a trace it is only run. */
export function traceStatement(statement: unknown, run: () => unknown): unknown {
  if (!tracer || !trace.getActiveSpan()?.isRecording()) return run()
  const text = typeof statement === 'string' ? statement : String((statement as { text?: unknown } | undefined)?.text)
  const { summary, attributes } = describeStatement(text)
  const span = tracer.startSpan(summary, CLIENT)
  span.setAttributes(attributes)
  const answer = run()
  if (answer instanceof Promise) answer.then(() => span.end(), endFailed(span))
  else span.end()
  return answer
}

/** For a line of the log: the trace and span under way, or those of a W3C traceparent. */
export function traceFields(traceparent = activeTraceparent()): { trace_id?: string; span_id?: string } {
  const parsed = parse(traceparent)
  return parsed ? { trace_id: parsed.traceId, span_id: parsed.spanId } : {}
}

const CLIENT = { kind: SpanKind.CLIENT }

/** What the span tells is set afterwards: not for one that nobody records, and OpenTelemetry's SDK looks at it three times when it begins. */
function begin(
  by: Tracer,
  name: string,
  { kind = SpanKind.INTERNAL, attributes, links }: SpanOptions,
  within: Context,
): Span {
  const span = by.startSpan(name, { kind }, within)
  if (!span.isRecording()) return span
  if (attributes) span.setAttributes(attributes)
  for (const link of links ?? []) {
    const linked = parse(link)
    if (linked) span.addLink({ context: linked })
  }
  return span
}

/** Undefined where nothing is to be begun: what is within a span that nobody records stays in that span. */
function contextOf({ parent, root = false }: SpanOptions): Context | undefined {
  if (parent === undefined) {
    const active = context.active()
    const span = trace.getSpan(active)
    if (span) return span.isRecording() ? active : undefined
  }
  const parsed = parse(parent)
  if (parsed) return trace.setSpanContext(ROOT_CONTEXT, parsed)
  return root ? ROOT_CONTEXT : undefined
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

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** A traceparent as W3C Trace Context defines it (version 00). */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text)

function parse(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags!, 16) & 1, isRemote: true }
}

const format = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`
