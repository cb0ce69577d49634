// What sends spans. A module of its own, so that it is loaded only where traces are sent: when our bundle loads a CommonJS package
// by itself, as it runs, the package comes without its names.
export { context } from '@opentelemetry/api'
export { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
export { resourceFromAttributes } from '@opentelemetry/resources'
export {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
} from '@opentelemetry/sdk-trace-base'
export { givenIds, NotedSpans } from './noted-spans.ts'
export { ReservoirSampler } from './reservoir-sampler.ts'
