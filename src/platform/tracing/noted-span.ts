import { randomFillSync } from 'node:crypto'
import {
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type AttributeValue,
  type Exception,
  type Link,
} from '@opentelemetry/api'
import type { Span, SpanContext, SpanKind, SpanStatus, TimeInput, Tracer } from '@opentelemetry/api'

/** A span that only notes what it is told, until OpenTelemetry's SDK makes one of it. */
export class NotedSpan implements Span {
  readonly #name: string
  readonly #kind: SpanKind
  readonly #parent: SpanContext
  readonly #context: SpanContext
  readonly #onEnd: (span: NotedSpan) => void
  readonly #began = performance.now()
  #ended: TimeInput | undefined
  /** As it was given where it came at once: statements share theirs. */
  #attributes: Attributes | undefined
  /** What is seldom said, in its order. */
  #seldom: Saying[] | undefined

  constructor(name: string, kind: SpanKind, parent: SpanContext, onEnd: (span: NotedSpan) => void) {
    this.#name = name
    this.#kind = kind
    this.#parent = parent
    this.#context = { traceId: parent.traceId, spanId: newSpanId(), traceFlags: parent.traceFlags }
    this.#onEnd = onEnd
  }

  /**
   * Makes the SDK's span of it, with the id that its tracer is to give.
   * @param origin of performance.now(), in milliseconds of the Unix epoch
   */
  tell(tracer: Tracer, origin: number): void {
    const options = {
      kind: this.#kind,
      startTime: origin + this.#began,
      ...(this.#attributes && { attributes: this.#attributes }),
    }
    const span = tracer.startSpan(this.#name, options, trace.setSpanContext(ROOT_CONTEXT, this.#parent))
    for (const say of this.#seldom ?? []) say(span, origin)
    span.end(since(origin, this.#ended))
  }

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return this.#ended === undefined
  }

  setAttribute(key: string, value: AttributeValue): this {
    return this.setAttributes({ [key]: value })
  }

  setAttributes(attributes: Attributes): this {
    if (this.isRecording()) this.#attributes = this.#attributes ? { ...this.#attributes, ...attributes } : attributes
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const given = isTime(attributesOrTime) ? attributesOrTime : time
    const attributes = isTime(attributesOrTime) ? undefined : attributesOrTime
    const at = given ?? performance.now()
    return this.#later((span, origin) => span.addEvent(name, attributes, since(origin, at)))
  }

  addLink(link: Link): this {
    return this.#later((span) => span.addLink(link))
  }

  addLinks(links: Link[]): this {
    return this.#later((span) => span.addLinks(links))
  }

  setStatus(status: SpanStatus): this {
    return this.#later((span) => span.setStatus(status))
  }

  updateName(name: string): this {
    return this.#later((span) => span.updateName(name))
  }

  recordException(exception: Exception, time: TimeInput = performance.now()): void {
    this.#later((span, origin) => span.recordException(exception, since(origin, time)))
  }

  end(endTime: TimeInput = performance.now()): void {
    if (!this.isRecording()) return
    this.#ended = endTime
    this.#onEnd(this)
  }

  #later(say: Saying): this {
    if (this.isRecording()) (this.#seldom ??= []).push(say)
    return this
  }
}

/** What was said to a span is said to the SDK's. */
type Saying = (span: Span, origin: number) => void

const isTime = (value: Attributes | TimeInput | undefined): value is TimeInput =>
  typeof value === 'number' || value instanceof Date || Array.isArray(value)

/** A time of performance.now() is small. */
const since = (origin: number, time: TimeInput | undefined) =>
  typeof time === 'number' && time < origin ? origin + time : time

const BYTES = 8
const ids = Buffer.alloc(BYTES * 128)
let hex = ''
let used = 0

/** Random bytes are fetched for many at a time. */
function newSpanId(): string {
  if (used === hex.length) {
    hex = randomFillSync(ids).toString('hex')
    used = 0
  }
  return hex.slice(used, (used += 2 * BYTES))
}
