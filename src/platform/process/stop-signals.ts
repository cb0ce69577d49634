const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Milliseconds within which a second signal is the first one, passed on. */
const SAME_MS = 1_000

/**
 * Calls `first` when somebody asks this process to end, and `later` for every signal more. npm passes Ctrl-C on to us although the
 * terminal has sent it to us as well: what comes within a second is the same one. Nothing ends the process but its own code.
 * @returns a function that ends the calls
 */
export function onStopSignal(
  first: (signal: NodeJS.Signals) => void,
  later = (_: NodeJS.Signals): void => {},
): () => void {
  let askedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now()
    if (askedAt !== undefined && now - askedAt > SAME_MS) later(signal)
    if (askedAt !== undefined) return
    askedAt = now
    first(signal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
