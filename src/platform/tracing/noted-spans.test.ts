import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  RandomIdGenerator,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base'
import { givenIds, NotedSpans } from './noted-spans.ts'

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED, isRemote: true }
const UNSAMPLED = { ...PARENT, traceFlags: TraceFlags.NONE }

function open(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter()
  const ids = givenIds(new RandomIdGenerator())
  const spanProcessors = [new SimpleSpanProcessor(exporter)]
  const tracer = new BasicTracerProvider({ spanProcessors, idGenerator: ids, ...(sampler && { sampler }) }).getTracer(
    'test',
  )
  return { exporter, tracer, spans: new NotedSpans(tracer, ids) }
}

/** Everything that a span can be told. */
function tell(span: Span) {
  span.setAttribute('a', 1).setAttributes({ b: ['x'], c: true })
  span.addLink({ context: UNSAMPLED }).addLinks([{ context: PARENT, attributes: { of: 'p' } }])
  span.addEvent('seen', { n: 1 }, new Date(1_000)).addEvent('at', new Date(2_000))
  span.recordException(new RangeError('too much'), new Date(3_000))
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'm' }).updateName('renamed')
  span.end()
  span.setAttribute('late', 1).addEvent('late')
}

const seen = ({ exporter }: { exporter: InMemorySpanExporter }) =>
  exporter.getFinishedSpans().map((span: ReadableSpan) => ({
    of: span.parentSpanContext,
    trace: span.spanContext().traceId,
    name: span.name,
    kind: span.kind,
    attributes: span.attributes,
    links: span.links,
    events: span.events.map(({ name, attributes = {}, time }) => ({ name, time, about: Object.keys(attributes) })),
    status: span.status,
  }))

it('tells the SDK all that it was told, with the id that was handed on', () => {
  const noted = open()
  const plain = open()
  const span = noted.spans.begin('one', SpanKind.CONSUMER, PARENT)
  tell(span)
  tell(plain.tracer.startSpan('one', { kind: SpanKind.CONSUMER }, trace.setSpanContext(ROOT_CONTEXT, PARENT)))
  expect(seen(noted)).toEqual([])
  noted.spans.flush()
  expect(seen(noted)).toEqual(seen(plain))
  expect(noted.exporter.getFinishedSpans()[0]!.spanContext().spanId).toBe(span.spanContext().spanId)
})

it('takes the times of when it happened, not of when it was told', async () => {
  const { exporter, spans } = open()
  const before = Date.now()
  const outer = spans.begin('outer', SpanKind.INTERNAL, PARENT)
  const inner = spans.begin('inner', SpanKind.INTERNAL, outer.spanContext())
  await untilPassed(20)
  inner.addEvent('here').end()
  outer.end()
  const after = Date.now()
  await untilPassed(20)
  spans.flush()
  const times = exporter.getFinishedSpans().map(({ startTime, endTime }) => [startTime, endTime].map(msOf))
  const [[innerBegan, innerEnded], [outerBegan, outerEnded]] = times as [[number, number], [number, number]]
  const here = msOf(exporter.getFinishedSpans()[0]!.events[0]!.time)
  const order = [before - 1, outerBegan, innerBegan, here, innerEnded, outerEnded, after + 1]
  expect(order).toEqual(order.toSorted((one, other) => one - other))
  expect(outerEnded - outerBegan).toBeGreaterThanOrEqual(19)
})

async function untilPassed(ms: number) {
  const end = performance.now() + ms
  while (performance.now() < end) await new Promise(setImmediate)
}

const msOf = ([seconds, nanos]: [number, number]) => seconds * 1_000 + nanos / 1e6

it('does not wait for others for ever', async () => {
  const { exporter, spans } = open()
  spans.begin('alone', SpanKind.INTERNAL, PARENT).end()
  while (exporter.getFinishedSpans().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  for (let n = 0; n < 256; n++) spans.begin(`${n}`, SpanKind.INTERNAL, PARENT).end()
  expect(exporter.getFinishedSpans()).toHaveLength(257)
})

it('gives each span an id of its own', () => {
  const { spans } = open()
  const ids = Array.from({ length: 1_000 }, () => spans.begin('', SpanKind.INTERNAL, PARENT).spanContext().spanId)
  expect(new Set(ids).size).toBe(1_000)
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true)
})

describe.each([
  { sampler: undefined, root: true, unsampled: false, sampled: true },
  { sampler: new AlwaysOnSampler(), root: true, unsampled: true, sampled: true },
  { sampler: new AlwaysOffSampler(), root: false, unsampled: false, sampled: false },
])('with the sampler $sampler', ({ sampler, root, unsampled, sampled }) => {
  it.each([
    { of: 'nothing', parent: undefined, kept: root },
    { of: 'what is not sampled', parent: UNSAMPLED, kept: unsampled },
    { of: 'what is sampled', parent: PARENT, kept: sampled },
  ])('asks the SDK about a span of $of', ({ parent, kept }) => {
    const { exporter, spans } = open(sampler)
    spans.begin('one', SpanKind.INTERNAL, parent).end()
    spans.flush()
    expect(exporter.getFinishedSpans()).toHaveLength(kept ? 1 : 0)
  })
})
