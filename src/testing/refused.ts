import { Refusal } from '#http'

/** The code that it is refused with; undefined where it is not refused. Other errors go on. */
export function refused(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return undefined
}
