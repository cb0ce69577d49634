import { hostname } from 'node:os'
import { atMost } from '../process/in-time.ts'
import { useTracing } from '../tracing.ts'

export interface TracingOptions {
  /** Of an OTLP receiver (HTTP, JSON), such as http://127.0.0.1:4318. Unset: nothing is traced, and nothing is loaded. */
  endpoint: string | undefined
  /** The process, for `service.name`. */
  service: string
  /** Which traces are recorded: one of OpenTelemetry's names, or that of ReservoirSampler. @default reservoir */
  sampler?: string
}

/** For so long the end of a process waits for a receiver to take its last spans. What it has not taken then is dropped. */
export const LAST_SPANS_MS = 2_000

/**
 * Sends spans to a receiver of OTLP. What else may be set is read by OpenTelemetry's SDK from its usual variables, such as
 * OTEL_EXPORTER_OTLP_HEADERS and OTEL_TRACES_SAMPLER_ARG. While the receiver is away, spans are dropped and nothing waits.
 * @returns what sends the rest and ends it
 */
export async function startTracing({
  endpoint,
  service,
  sampler = 'reservoir',
}: TracingOptions): Promise<() => Promise<void>> {
  if (endpoint === undefined) return () => Promise.resolve()
  const sdk = await import('./sdk.ts')
  const { context, AsyncLocalStorageContextManager, OTLPTraceExporter, resourceFromAttributes } = sdk
  const { BasicTracerProvider, BatchSpanProcessor, givenIds, NotedSpans, RandomIdGenerator } = sdk
  const { ParentBasedSampler, ReservoirSampler } = sdk
  const contexts = new AsyncLocalStorageContextManager().enable()
  context.setGlobalContextManager(contexts)
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const ids = givenIds(new RandomIdGenerator())
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'fanfare',
      'service.name': `fanfare ${service}`,
      'service.instance.id': `${hostname()}:${process.pid}`,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
    idGenerator: ids,
    ...(sampler === 'reservoir' && { sampler: new ParentBasedSampler({ root: new ReservoirSampler() }) }),
  })
  const spans = new NotedSpans(provider.getTracer('fanfare'), ids)
  useTracing({ begin: (name, kind, parent) => spans.begin(name, kind, parent), contexts })
  return async () => {
    useTracing(undefined)
    spans.flush()
    await atMost(LAST_SPANS_MS, provider.shutdown()) // the receiver may be away, or silent
    context.disable()
  }
}
