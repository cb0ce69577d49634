import { constants } from 'node:os'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** In words: `was killed by signal 9 (SIGKILL)`, `ended by itself with code 1`. */
export function howEnded({ code, signal }: Exit): string {
  // A shell in between, as that of RabbitMQ, ends with 128 and the number of the signal.
  const number = signal ? constants.signals[signal] : (code ?? 0) - 128
  const name = signal ?? Object.entries(constants.signals).find(([, of]) => of === number)?.[0]
  if (!name) return code === null ? 'has ended' : `ended by itself with code ${code}`
  return `was killed by signal ${number} (${name})`
}
