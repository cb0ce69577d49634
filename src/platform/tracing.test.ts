import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  RandomIdGenerator,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { inSpan, sharedBy, traceFields, useTracing } from './tracing.ts'
import { givenIds, NotedSpans } from './tracing/noted-spans.ts'

it('a line of the log says whether its trace is recorded', () => {
  const [trace_id, span_id] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  for (const trace_flags of ['00', '01'])
    expect(traceFields(`00-${trace_id}-${span_id}-${trace_flags}`)).toEqual({ trace_id, span_id, trace_flags })
  expect(traceFields(null)).toEqual({})
})

it('what several share is recorded where one of them is, and leads to no trace that is not', async () => {
  const exporter = new InMemorySpanExporter()
  const ids = givenIds(new RandomIdGenerator())
  const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler() })
  const spanProcessors = [new SimpleSpanProcessor(exporter)]
  const spans = new NotedSpans(
    new BasicTracerProvider({ spanProcessors, sampler, idGenerator: ids }).getTracer('test'),
    ids,
  )
  const contexts = new AsyncLocalStorageContextManager().enable()
  useTracing({ begin: (name, kind, parent) => spans.begin(name, kind, parent), contexts })
  const of = (digit: string, flags: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`
  const share = (...all: (string | null)[]) => inSpan('transaction', sharedBy(all), () => Promise.resolve())
  try {
    await share(of('a', '00'), null, of('b', '01'), of('c', '00'), of('d', '01'))
    await share(of('e', '00'))
    await share(null)
  } finally {
    useTracing(undefined)
    spans.flush()
  }
  const told = exporter.getFinishedSpans().map((span) => ({
    trace: span.spanContext().traceId[0],
    links: span.links.map(({ context }) => context.traceId[0]),
  }))
  expect(told).toEqual([{ trace: 'b', links: ['d'] }])
})
