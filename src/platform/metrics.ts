import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client'

export { Counter, Gauge, Histogram, register }

let collecting = false

/** All metrics of this process in the text format of Prometheus; those of Node (memory, event loop, garbage collection) from the first call on. */
export async function readMetrics(): Promise<{ contentType: string; text: string }> {
  if (!collecting) {
    collecting = true
    collectOfNode()
  }
  return { contentType: register.contentType, text: await register.metrics() }
}

/** Milliseconds, of about a month: as good as never. */
const NEVER_MS = 2 ** 31 - 1

/**
 * prom-client measures how late the event loop is by a timer, a hundred times a second, in each process, whatever it does: most of what
 * metrics cost. Node itself knows for how long the loop was busy: this takes the place of the percentiles.
 */
function collectOfNode(): void {
  collectDefaultMetrics({ eventLoopMonitoringPrecision: NEVER_MS })
  for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`)
  new Counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'How long the event loop has been active and idle (nodejs.eventloop.time of OpenTelemetry).',
    labelNames: ['nodejs_eventloop_state'],
    collect() {
      const { active, idle } = performance.eventLoopUtilization()
      this.reset()
      this.inc({ nodejs_eventloop_state: 'active' }, active / 1_000)
      this.inc({ nodejs_eventloop_state: 'idle' }, idle / 1_000)
    },
  })
}
