import { SetupError } from '../dev/services/index.ts'
import type { Options } from './options.ts'
import type { Contest, Schedule, Tables } from './contest.ts'
import { accept } from './measures/accept.ts'
import { demand } from './measures/demand.ts'
import { flow } from './measures/flow.ts'
import { latency } from './measures/latency.ts'
import { partitions } from './measures/partitions.ts'
import { peers } from './measures/peers.ts'
import { react } from './measures/react.ts'
import { relay } from './measures/relay.ts'
import { growth } from './measures/growth.ts'
import { replicas } from './measures/replicas.ts'
import { soak } from './measures/soak.ts'
import { styles } from './measures/styles.ts'
import { tenants } from './measures/tenants.ts'
import type { Stage } from './stage/stage.ts'

/** Rounds of several sides, or anything else that ends in tables. */
export type Measurement = {
  name: string
  /** Rounds and seconds of this one where the command line says nothing. */
  usual?: Partial<Options>
} & (
  | { contest: (stage: Stage, options: Options) => Promise<Contest> }
  | { tables: (stage: Stage, options: Options, schedule: Schedule) => Promise<Tables> }
)

const MEASUREMENTS: readonly (Measurement & { asked?: true })[] = [
  { name: 'accept', contest: accept },
  { name: 'relay', contest: relay },
  { name: 'react', contest: react },
  { name: 'flow', contest: flow },
  { name: 'latency', contest: latency },
  { name: 'styles', tables: styles, asked: true },
  { name: 'peers', tables: peers, asked: true, usual: { rounds: 3, seconds: 4 } },
  { name: 'replicas', contest: replicas, asked: true },
  { name: 'growth', contest: growth, asked: true },
  { name: 'soak', tables: soak, asked: true },
  { name: 'demand', tables: demand, asked: true },
  { name: 'partitions', contest: partitions, asked: true },
  { name: 'tenants', contest: tenants, asked: true },
]

/** Names for several. */
const GROUPS: Record<string, readonly string[]> = { scale: ['replicas', 'growth', 'demand', 'partitions', 'tenants'] }

/** `all`, like no name, means all but those that take long. */
export function readMeasurements(given: readonly string[], usage: string): readonly Measurement[] {
  const names = given.flatMap((name) => GROUPS[name] ?? [name])
  const unknown = names.filter((name) => name !== 'all' && !MEASUREMENTS.some((one) => one.name === name))
  if (unknown.length > 0) throw new SetupError(`There is no measurement called ${unknown.join(', ')}.\n\n${usage}`)
  const all = names.length === 0 || names.includes('all')
  return MEASUREMENTS.filter(({ name, asked }) => names.includes(name) || (all && !asked))
}

export const measurementsOf = (names: readonly string[]) => MEASUREMENTS.filter(({ name }) => names.includes(name))
