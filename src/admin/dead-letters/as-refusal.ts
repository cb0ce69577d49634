import { Refused } from '#messaging'
import { Refusal } from '#http'

/** What the core refuses is refused here in the same words. Other errors stay as they are. */
export const asRefusal =
  (kind: 'not-found' | 'conflict', code: string) =>
  (error: unknown): never => {
    if (error instanceof Refused) throw new Refusal(kind, code, error.message, { cause: error })
    throw error
  }
