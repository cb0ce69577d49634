import type { Database } from '#platform/database'
import { isDatabaseOutage } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { CLAIM_MS, claimDue, giveBackClaims, renewClaims, type Claimed } from '../../deliveries/claim.ts'
import type { Reader } from '../../deliveries/due.ts'
import { watchDue } from './watch-due.ts'

interface DueOptions extends Reader {
  db: Database
  poisonAfter: number
  instance: string
  log: Logger
  /** Most deliveries in hand at once. */
  limit: number
  /** Given each that is due, in order. */
  onDue: (due: readonly Claimed[]) => void
}

const RENEW_MS = CLAIM_MS / 3

export type DueDeliveries = ReturnType<typeof takeDueDeliveries>

/**
 * Takes the deliveries of a reaction that are due in PostgreSQL, for as long as it runs: retries, what an operator sent on
 * its way again, and what the broker had lost. The broker has no part in it, so it goes on while that is away.
 */
export function takeDueDeliveries({ db, reaction, on, poisonAfter, instance, log, limit, onDue }: DueOptions) {
  /** Of each delivery how often it is begun, this time included. */
  const inHand = new Map<string, number>()
  const givenBack = new Map<string, number>() // and not noted yet
  let takesOverAt = 0
  let timer: NodeJS.Timeout | undefined
  let claimAt = Number.POSITIVE_INFINITY
  let claiming: Promise<void> | undefined
  let stopped = false
  let more = false

  /** Claims ran out although their processes live: those have the time of a claim to renew them. */
  const noteOutage = (err: unknown) => {
    const isOutage = isDatabaseOutage(err)
    if (isOutage) takesOverAt = performance.now() + CLAIM_MS
    return isOutage
  }
  const noteFailure = (err: unknown) => {
    if (!noteOutage(err)) log.error({ err, reaction }, 'due deliveries could not be read, trying again')
  }
  const noteGivenBack = async () => {
    const claims = begun(givenBack)
    await giveBackClaims(db, instance, claims)
    for (const { id } of claims) givenBack.delete(id)
  }
  const claim = async () => {
    const room = limit - inHand.size
    more = room <= 0
    if (more) return
    try {
      const taken = [...inHand.keys(), ...givenBack.keys()]
      const takesOver = performance.now() >= takesOverAt
      const due = await claimDue(db, { reaction, on, poisonAfter, inHand: taken, takesOver }, instance, room)
      for (const { id, starts } of due) inHand.set(id, starts)
      more = due.length === room
      if (due.length > 0) onDue(due)
    } catch (err) {
      noteFailure(err)
    }
  }
  const begin = () => {
    if (claiming || stopped) return // or once more when that has ended
    clearTimeout(timer)
    claimAt = Number.POSITIVE_INFINITY
    claiming = claim().finally(() => {
      claiming = undefined
      if (claimAt <= performance.now()) begin()
    })
  }
  const schedule = (ms: number) => {
    const at = performance.now() + ms
    if (stopped || at >= claimAt) return
    claimAt = at
    clearTimeout(timer)
    timer = setTimeout(begin, ms)
  }
  const renewing = setInterval(() => {
    renewClaims(db, instance, [...inHand.keys()]).catch(noteOutage)
    noteGivenBack().catch(noteOutage)
  }, RENEW_MS)
  const unwatch = watchDue(db, { reaction, on, onDue: schedule, onFailure: noteFailure })
  schedule(0)

  return {
    /** Something will be due in so many milliseconds. */
    soon: schedule,
    /** They came to an end. */
    done(ids: readonly string[]) {
      for (const id of ids) inHand.delete(id)
      if (more && ids.length > 0) schedule(0)
    },
    async giveBack(ids: readonly string[]) {
      for (const id of ids) {
        const starts = inHand.get(id)
        if (starts !== undefined) givenBack.set(id, starts)
        inHand.delete(id)
      }
      await noteGivenBack()
    },
    /** Takes no more, and hands back what has not come to an end. */
    async stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(renewing)
      await Promise.all([unwatch(), claiming])
      await giveBackClaims(db, instance, [...begun(inHand), ...begun(givenBack)]).catch(() => {}) // or the claims run out
    },
  }
}

const begun = (claims: ReadonlyMap<string, number>) => [...claims].map(([id, starts]) => ({ id, starts }))
