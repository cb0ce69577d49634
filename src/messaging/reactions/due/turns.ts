export type Turns = ReturnType<typeof createTurns>

/** Work that may run side by side, and work that must run alone, each in its turn: nobody waits for ever behind the others. */
export function createTurns() {
  const waiting: { alone: boolean; begin: () => void }[] = []
  let running = 0
  let isAlone = false
  const next = () => {
    for (let first = waiting[0]; first && !isAlone && (running === 0 || !first.alone); first = waiting[0]) {
      waiting.shift()
      running++
      isAlone = first.alone
      first.begin()
    }
  }
  const take = async <T>(alone: boolean, work: () => Promise<T>): Promise<T> => {
    await new Promise<void>((begin) => {
      waiting.push({ alone, begin })
      next()
    })
    try {
      return await work()
    } finally {
      running--
      isAlone = false
      next()
    }
  }
  return {
    beside: <T>(work: () => Promise<T>) => take(false, work),
    alone: <T>(work: () => Promise<T>) => take(true, work),
  }
}
