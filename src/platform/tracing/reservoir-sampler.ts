import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api'
import {
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SamplingResult,
} from '@opentelemetry/sdk-trace-base'

/** Traces of one name that a process records in each second, whatever follows. */
const RESERVOIR = 5
/** Of the others. */
const SHARE = 0.05
const SECOND_MS = 1_000

/**
 * The first traces of each name in a second, and a share of the others: all where little is to do, and little where much is. The
 * rule is that of AWS X-Ray. It decides where a trace begins; what belongs to a trace follows it (ParentBasedSampler).
 */
export class ReservoirSampler implements Sampler {
  readonly #others = new TraceIdRatioBasedSampler(SHARE)
  readonly #now: () => number
  #second = 0
  /** How many have begun in this second, by name. */
  #begun = new Map<string, number>()

  /** @param now in milliseconds; replaced in tests */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    _kind: SpanKind,
    _attributes: Attributes,
    _links: Link[],
  ): SamplingResult {
    const second = Math.floor(this.#now() / SECOND_MS)
    if (second !== this.#second) {
      this.#second = second
      this.#begun = new Map()
    }
    const begun = (this.#begun.get(name) ?? 0) + 1
    this.#begun.set(name, begun)
    if (begun <= RESERVOIR) return { decision: SamplingDecision.RECORD_AND_SAMPLED }
    return this.#others.shouldSample(context, traceId)
  }

  toString(): string {
    return `Reservoir{${RESERVOIR} a second of each name, then ${SHARE}}`
  }
}
