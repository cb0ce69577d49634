import { setTimeout as wait } from 'node:timers/promises'
import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client'

export { Counter, Gauge, Histogram, register }

/** Several times what prom-client takes between two looks at the event loop, so that its first answer says something. */
const FIRST_LOOK_MS = 50

let collecting = false

/**
 * All metrics of this process in the text format of Prometheus. Those of Node (memory, event loop lag, garbage collection)
 * are collected from the first call on: measuring the lag wakes an idle process a hundred times a second.
 */
export async function readMetrics(): Promise<{ contentType: string; text: string }> {
  if (!collecting) {
    collecting = true
    collectDefaultMetrics()
    await wait(FIRST_LOOK_MS)
  }
  return { contentType: register.contentType, text: await register.metrics() }
}
