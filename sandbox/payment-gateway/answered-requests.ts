import type { Answer, Authorization, Effect, Moved } from './authorizations.ts'
import { refusal } from './authorizations.ts'
import type { Journal } from './journal.ts'

/** One answered request. The journal is a list of these, and all that is known can be built from it again. */
export interface AnsweredRequest {
  at: string
  key: string
  /** The request in full: a key belongs to one request only. */
  request: string
  answer: Answer
  authorization?: Authorization
  moved?: Moved
}

/** Which authorizations are asked for; those that are left out do not matter. */
export interface Query {
  reference?: string | undefined
  states?: readonly string[] | undefined
  /** ISO 8601, included. */
  createdFrom?: string | undefined
  /** The last one of the page before. */
  startingAfter?: string | undefined
  limit: number
}

interface Sum {
  count: number
  amount: number
}
/** Everything that ever happened, in minor units; held now = authorized - captured - voided. */
type Totals = Record<Authorization['state'], Sum>

export type AnsweredRequests = ReturnType<typeof createAnsweredRequests>

/** What the gateway knows: authorizations by id, answers by idempotency key, sums by currency. */
export function createAnsweredRequests() {
  const authorizations = new Map<string, Authorization>()
  /** Every authorization's id in the order of creation, and where it stands there. */
  const ids: string[] = []
  const places = new Map<string, number>()
  const answers = new Map<string, { request: string; answer: Answer }>()
  const totals: Record<string, Totals> = {}

  function book(authorization: Authorization, moved?: Moved) {
    if (!places.has(authorization.id)) places.set(authorization.id, ids.push(authorization.id) - 1)
    authorizations.set(authorization.id, authorization)
    const sums = (totals[authorization.currency] ??= nothing())
    const { kind, amount } = moved ?? { kind: authorization.state, amount: authorization.amount }
    sums[kind].count += 1
    sums[kind].amount += amount
  }

  return {
    totals,
    find: (id: string) => authorizations.get(id),

    /** A page of authorizations, newest first. */
    list({ reference, states, createdFrom = '', startingAfter, limit }: Query) {
      const data: Authorization[] = []
      for (let place = (places.get(startingAfter ?? '') ?? ids.length) - 1; place >= 0; place--) {
        const one = authorizations.get(ids[place]!)!
        if (one.created < createdFrom) break
        if (reference !== undefined && one.reference !== reference) continue
        if (states && !states.includes(one.state)) continue
        if (data.length === limit) return { data, has_more: true }
        data.push(one)
      }
      return { data, has_more: false }
    },

    replay({ at, key, request, answer, authorization, moved }: AnsweredRequest) {
      answers.set(key, { request, answer })
      if (authorization) book({ ...authorization, created: authorization.created ?? at }, moved) // older journals have none
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
      const { answer, authorization, moved } = act()
      if (NOT_CARRIED_OUT.has(answer.status)) return answer
      if (authorization) book(authorization, moved)
      const entry: AnsweredRequest = {
        at: new Date().toISOString(),
        key,
        request,
        answer,
        ...(authorization && { authorization }),
        ...(moved && { moved }),
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
