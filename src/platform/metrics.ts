import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client'

export { Counter, Gauge, Histogram, register }

/** Process metrics (memory, event loop lag, garbage collection) beside our own. Call once per process. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics()
}
