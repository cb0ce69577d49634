import { onStopSignal } from '#platform/process/stop-signals'

/** Aborted by the first Ctrl-C; the second one ends the process. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController()
  onStopSignal(
    () => stop.abort(),
    () => process.exit(130),
  )
  return stop.signal
}
