import { setTimeout as wait } from 'node:timers/promises'
import { CARE } from './care.ts'
import { failureShare, known, type Outcomes } from './outcomes.ts'

export interface GuardOptions {
  /** Send this many first, and the rest only when they fared well. */
  canary?: number
  /** From 0 to 1: stop when a larger share of the messages fails. @default 0.1 with a canary, no limit without */
  haltAbove?: number
  /** Milliseconds without any news from the reaction after which it counts as not running. @default 60000 */
  deadlineMs?: number
}

export interface Guard {
  /** Waits while the canary, or too many others, have no outcome yet. @returns why to stop, if so */
  mayGoOn(state: Sent): Promise<string | undefined>
  /** How many more may be sent before their outcomes are looked at. */
  room(state: Sent): number
  /** Why to stop, going by what is known. */
  judge(state: Sent): string | undefined
}

interface Sent extends Outcomes {
  sent: number
}

/** Messages whose outcome is not known, at most; otherwise everything would be sent before the first failure shows. */
const WINDOW = 1_000
/** Fewer outcomes tell nothing about a share. */
const SAMPLE = 20
const LOOK_EVERY = 200

/** Watches what becomes of redriven messages and says when to stop. Without limits it lets everything pass. */
export function createGuard(
  { canary = 0, haltAbove = canary > 0 ? CARE.haltAbove : undefined, deadlineMs = 60_000 }: GuardOptions,
  observe: () => Promise<Outcomes>,
  signal?: AbortSignal,
): Guard {
  if (haltAbove === undefined) return { mayGoOn: async () => undefined, room: () => WINDOW, judge: () => undefined }

  const isCanary = (state: Sent) => canary > 0 && state.sent <= canary
  const mustWait = (state: Sent) => unknown(state) >= (isCanary(state) ? 1 : WINDOW)
  const sample = (state: Sent) => (isCanary(state) ? 1 : Math.min(SAMPLE, state.sent))
  const judge = (state: Sent) => {
    if (known(state) < sample(state) || failureShare(state) <= haltAbove) return undefined
    const failed = state.deadAgain + state.retrying
    return `${failed} of ${known(state)} failed again (${percent(failureShare(state))}, the limit is ${percent(haltAbove)}).`
  }
  let lookedAt = 0

  return {
    judge,
    room: (state) => (state.sent < canary ? canary - state.sent : Math.max(1, WINDOW - unknown(state))),
    async mayGoOn(state) {
      if (state.sent === 0 || state.sent < canary) return undefined
      let progressAt = performance.now()
      let before = -1
      if (lookedAt + LOOK_EVERY < performance.now() || mustWait(state)) {
        await observe()
        lookedAt = performance.now()
      }
      while (mustWait(state) && !signal?.aborted) {
        const halted = judge(state)
        if (halted && !isCanary(state)) return halted
        if (known(state) !== before) progressAt = performance.now()
        before = known(state)
        if (performance.now() - progressAt > deadlineMs)
          return `For ${deadlineMs / 1_000} s nothing has become of ${unknown(state)} messages: is a worker with this reaction running?`
        await wait(LOOK_EVERY, undefined, signal && { signal }).catch(() => {})
        await observe()
      }
      return judge(state)
    },
  }
}

const unknown = (state: Sent) => state.sent - known(state)
const percent = (share: number) => `${Math.round(share * 1_000) / 10} %`
