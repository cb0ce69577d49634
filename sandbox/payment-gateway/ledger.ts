import type { Answer, Authorization, Effect } from './authorizations.ts'
import { refusal } from './authorizations.ts'
import type { Journal } from './journal.ts'

/** One answered request. The journal is a list of these, and all that is known can be built from it again. */
export interface LedgerEntry {
  at: string
  key: string
  /** The request in full: a key belongs to one request only. */
  request: string
  answer: Answer
  authorization?: Authorization
}

interface Sum {
  count: number
  amount: number
}
/** Everything that ever happened, in minor units; held now = authorized - captured - voided. */
type Totals = Record<Authorization['state'], Sum>

export type Ledger = ReturnType<typeof createLedger>

/** What the gateway knows: authorizations by id, answers by idempotency key, sums by currency. */
export function createLedger() {
  const authorizations = new Map<string, Authorization>()
  const answers = new Map<string, { request: string; answer: Answer }>()
  const totals: Record<string, Totals> = {}

  function book(authorization: Authorization) {
    authorizations.set(authorization.id, authorization)
    const sums = (totals[authorization.currency] ??= nothing())
    sums[authorization.state].count += 1
    sums[authorization.state].amount += authorization.amount
  }

  return {
    totals,
    find: (id: string) => authorizations.get(id),
    of: (reference: string) => [...authorizations.values()].filter((one) => one.reference === reference),

    replay({ key, request, answer, authorization }: LedgerEntry) {
      answers.set(key, { request, answer })
      if (authorization) book(authorization)
    },

    /** Whether a request with this key was carried out. */
    known: (key: string) => answers.has(key),

    /**
     * Runs `act` once per key, as Stripe does: the same request gets the same answer, another request with that key is
     * an `idempotency_error`. Answers after the journal has it. What was not carried out (400: not understood, 404, 409:
     * not its turn) leaves no answer: put right, or asked again later, it may be carried out under the same key.
     */
    async once(journal: Journal, key: string, request: string, act: () => Effect): Promise<Answer> {
      const earlier = answers.get(key)
      if (earlier)
        return earlier.request === request
          ? earlier.answer
          : refusal(400, 'idempotency_error', 'This Idempotency-Key was used for another request.')
      const { answer, authorization } = act()
      if (NOT_CARRIED_OUT.has(answer.status)) return answer
      if (authorization) book(authorization)
      const entry: LedgerEntry = {
        at: new Date().toISOString(),
        key,
        request,
        answer,
        ...(authorization && { authorization }),
      }
      await journal.append(entry)
      answers.set(key, { request, answer })
      return answer
    },
  }
}

const NOT_CARRIED_OUT = new Set([400, 404, 409])

const nothing = (): Totals => ({
  authorized: { count: 0, amount: 0 },
  captured: { count: 0, amount: 0 },
  voided: { count: 0, amount: 0 },
  refunded: { count: 0, amount: 0 },
})
