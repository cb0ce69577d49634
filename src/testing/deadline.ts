import { setTimeout as wait } from 'node:timers/promises'
import { IllegalOperationError } from 'amqplib'
import { isDatabaseOutage, isTransientConflict } from '#platform/database'
import { NoAnswer } from '#platform/process/in-time'

/**
 * Waits until `condition` answers something truthy, and returns that. A server that is away or late for the moment is asked again.
 * @throws when `within` milliseconds (default 30000, for a busy machine) have passed, naming `what` and the last answer;
 *   at once whatever else the condition throws
 * @param every milliseconds between two looks. @default 20, and a tenth of the time so far when that is more, up to 100:
 *   looking takes from what is waited for
 */
export async function deadline<T>(
  what: string,
  condition: () => Promise<T> | T,
  { within = 30_000, every }: { within?: number; every?: number } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const began = performance.now()
  for (;;) {
    const answer = await ask(condition)
    if (answer && !(answer instanceof Away)) return answer as Exclude<T, false | null | undefined>
    const waited = performance.now() - began
    if (waited > within) {
      const said = answer instanceof Away ? String(answer.error) : JSON.stringify(answer)
      throw new Error(`${what}: not so after ${within} ms (last answer: ${said})`)
    }
    await wait(every ?? Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waited / 10)))
  }
}

const [SHORTEST_MS, LONGEST_MS] = [20, 100]

class Away {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

async function ask<T>(condition: () => Promise<T> | T): Promise<T | Away> {
  try {
    return await condition()
  } catch (error) {
    if (isAway(error)) return new Away(error)
    throw error
  }
}

const isAway = (error: unknown) =>
  isDatabaseOutage(error) ||
  isTransientConflict(error) ||
  error instanceof NoAnswer ||
  error instanceof IllegalOperationError
