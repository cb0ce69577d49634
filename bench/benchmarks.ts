import type { Benchmark, Options, Schedule } from './benchmark.ts'
import type { Environment } from './environment/environment.ts'
import { accept } from './measures/accept.ts'
import { flow } from './measures/flow.ts'
import { growth } from './measures/growth.ts'
import { latency } from './measures/latency.ts'
import { overhead } from './measures/overhead.ts'
import { peers } from './measures/peers.ts'
import { personal } from './measures/personal.ts'
import { react } from './measures/react.ts'
import { relay } from './measures/relay.ts'

type Create = (environment: Environment, options: Options) => Benchmark

export const BENCHMARKS: Record<string, Create> = {
  accept,
  relay,
  react,
  flow,
  latency,
  growth,
  overhead,
  peers,
  personal,
}

/** Run when no name is given. The others take long. */
export const USUAL = ['accept', 'relay', 'react', 'flow', 'latency']

/** Short enough for every build. */
export const GUARDED = ['accept', 'relay', 'react']

export const scheduleOf = (environment: Environment, { rounds, seconds }: Options): Schedule => ({
  rounds,
  seconds,
  settle: environment.checkpoint,
  reset: environment.reset,
  say: console.log,
})
