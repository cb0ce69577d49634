import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { RandomIdGenerator, SamplingDecision } from '@opentelemetry/sdk-trace-base'
import { ReservoirSampler } from './reservoir-sampler.ts'

const ids = new RandomIdGenerator()

/** @returns how many of so many traces that begin at once are recorded */
function recorded(sampler: ReservoirSampler, name: string, traces: number): number {
  const results = Array.from({ length: traces }, () =>
    sampler.shouldSample(ROOT_CONTEXT, ids.generateTraceId(), name, SpanKind.SERVER, {}, []),
  )
  return results.filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED).length
}

it('records the first traces of each name in every second', () => {
  let now = 0
  const sampler = new ReservoirSampler(() => now)
  expect(recorded(sampler, 'POST /v1/orders', 5)).toBe(5)
  expect(recorded(sampler, 'GET /v1/orders', 5)).toBe(5)
  now = 999
  expect(recorded(sampler, 'POST /v1/orders', 1_000)).toBeLessThan(200) // a twentieth, which is chance
  now = 1_000
  expect(recorded(sampler, 'POST /v1/orders', 5)).toBe(5)
})

it('records a share of the others', () => {
  const sampler = new ReservoirSampler(() => 0)
  const others = recorded(sampler, 'POST /v1/orders', 20_005) - 5
  expect(others).toBeGreaterThan(700) // 1,000 with a standard deviation of 31
  expect(others).toBeLessThan(1_300)
})
