import { setTimeout as wait } from 'node:timers/promises'
import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client'

export { Counter, Gauge, Histogram, register }

/** Milliseconds that the event loop is looked at once more, where it has not been looked at since the last answer; a few times prom-client's step. */
const LOOK_MS = 50
const MOST_LOOKS = 40
/** The smallest of no lags at all, as prom-client says it: 2^63 ns. */
const NO_LOOK = /^nodejs_eventloop_lag_min_seconds 9223372036/m

let collecting = false

/**
 * All metrics of this process in the text format of Prometheus. Those of Node (memory, event loop lag, garbage collection)
 * are collected from the first call on: measuring the lag wakes an idle process a hundred times a second.
 */
export async function readMetrics(): Promise<{ contentType: string; text: string }> {
  if (!collecting) {
    collecting = true
    collectDefaultMetrics()
  }
  let text = await register.metrics()
  for (let look = 0; NO_LOOK.test(text) && look < MOST_LOOKS; look++) {
    await wait(LOOK_MS)
    text = await register.metrics()
  }
  return { contentType: register.contentType, text }
}
