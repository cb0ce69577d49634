import {
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Span,
  type SpanContext,
  type SpanKind,
  type Tracer,
} from '@opentelemetry/api'
import type { IdGenerator } from '@opentelemetry/sdk-trace-base'
import { NotedSpan } from './noted-span.ts'

/** The SDK sends spans after five seconds, so this is no delay that one would see. */
const EVERY_MS = 500
/** They are made in one go, in which the process does nothing else. */
const MOST = 256

/** A clock that was put right by more is followed. */
const MOST_DRIFT_MS = 5

/** A sampler that samples a part of all traces by their ids would take the first one. */
const UNSAMPLED = {
  traceId: '1'.padStart(32, '0'),
  spanId: '1'.padStart(16, '0'),
  traceFlags: TraceFlags.NONE,
  isRemote: true,
}

/** Ids of spans, of which the next may be given. */
export interface GivenIds extends IdGenerator {
  next: string | undefined
}

export function givenIds(random: IdGenerator): GivenIds {
  const ids: GivenIds = {
    next: undefined,
    generateTraceId: () => random.generateTraceId(),
    generateSpanId: () => ids.next ?? random.generateSpanId(),
  }
  return ids
}

/**
 * OpenTelemetry's SDK makes the spans of a sampled trace not when they begin but later, many in a row. Between other work its
 * code has left the processor's cache, and one span takes far more processor time than one in a row.
 */
export class NotedSpans {
  readonly #tracer: Tracer
  readonly #ids: GivenIds
  /** The sampler is one that follows the parent: what belongs to nothing that is sampled need not be asked for. */
  readonly #parentsDecide: boolean
  readonly #note = (span: NotedSpan) => this.#keep(span)
  #noted: NotedSpan[] = []
  #lastOrigin = 0
  #timer: NodeJS.Timeout | undefined

  /** @param ids of that tracer */
  constructor(tracer: Tracer, ids: GivenIds) {
    this.#tracer = tracer
    this.#ids = ids
    this.#parentsDecide = !tracer.startSpan('', {}, trace.setSpanContext(ROOT_CONTEXT, UNSAMPLED)).isRecording()
  }

  /** The SDK begins what has no sampled parent: it decides what is sampled. */
  begin(name: string, kind: SpanKind, parent: SpanContext | undefined): Span {
    if (!parent) return this.#tracer.startSpan(name, { kind }, ROOT_CONTEXT)
    if (parent.traceFlags & TraceFlags.SAMPLED) return new NotedSpan(name, kind, parent, this.#note)
    if (this.#parentsDecide) return trace.wrapSpanContext(parent)
    return this.#tracer.startSpan(name, { kind }, trace.setSpanContext(ROOT_CONTEXT, parent))
  }

  /** Gives the SDK what has ended. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const origin = this.#origin()
    const noted = this.#noted
    this.#noted = []
    for (const span of noted) {
      this.#ids.next = span.spanContext().spanId
      span.tell(this.#tracer, origin)
    }
    this.#ids.next = undefined
  }

  /** Kept while the clock goes with it: the spans of a process are in order to the microsecond. */
  #origin(): number {
    const now = Date.now() - performance.now()
    if (Math.abs(now - this.#lastOrigin) > MOST_DRIFT_MS) this.#lastOrigin = now
    return this.#lastOrigin
  }

  #keep(span: NotedSpan) {
    this.#noted.push(span)
    if (this.#noted.length >= MOST) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), EVERY_MS).unref()
  }
}
