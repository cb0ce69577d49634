import { setTimeout as wait } from 'node:timers/promises'
import { IllegalOperationError } from 'amqplib'
import { isDatabaseOutage, isTransientConflict } from '#platform/database'
import { NoAnswer } from '#platform/process/in-time'

/**
 * Waits until `condition` answers something truthy, and returns that. A server that is away or late for the moment is asked again.
 * @throws when `within` milliseconds (default 30000, for a busy machine) have passed, naming `what` and the last answer;
 *   at once whatever else the condition throws
 */
export async function deadline<T>(
  what: string,
  condition: () => Promise<T> | T,
  { within = 30_000, every = 20 } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + within
  for (;;) {
    const answer = await ask(condition)
    if (answer && !(answer instanceof Away)) return answer as Exclude<T, false | null | undefined>
    if (performance.now() > end) {
      const said = answer instanceof Away ? String(answer.error) : JSON.stringify(answer)
      throw new Error(`${what}: not so after ${within} ms (last answer: ${said})`)
    }
    await wait(every)
  }
}

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
