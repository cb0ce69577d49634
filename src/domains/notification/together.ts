import { setImmediate as endOfTurn, setTimeout as pause } from 'node:timers/promises'
import { isDatabaseOutage } from '#platform/database'

interface Group<Item, Answer> {
  items: Item[]
  answers: Promise<readonly Answer[]>
}

/** Milliseconds that nobody waits longer than for the work before: it may hang. */
const PATIENCE_MS = 100

/**
 * Lets callers who have one item each share one piece of work: those who come in the same turn of the event loop, or while
 * the work for those before them is under way, are served together. `work` answers one for each item, in order. When it
 * fails for many, each of them has it alone, so that a bad item costs only itself; unless it was the database that was away.
 */
export function together<Item, Answer>(
  work: (items: readonly Item[]) => Promise<readonly Answer[]>,
): (item: Item) => Promise<Answer> {
  let before: Promise<unknown> = Promise.resolve()
  let gathering: Group<Item, Answer> | undefined
  const gather = (): Group<Item, Answer> => {
    const items: Item[] = []
    const begin = async () => {
      await Promise.race([before, pause(PATIENCE_MS, undefined, { ref: false })])
      await endOfTurn()
      gathering = undefined
      return work(items)
    }
    const answers = begin()
    before = answers.catch(() => {}) // told to those whose work it was
    return { items, answers }
  }
  return async (item) => {
    const { items, answers } = (gathering ??= gather())
    const index = items.push(item) - 1
    try {
      return (await answers)[index]!
    } catch (error) {
      if (items.length === 1 || isDatabaseOutage(error)) throw error
      return (await work([item]))[0]!
    }
  }
}
