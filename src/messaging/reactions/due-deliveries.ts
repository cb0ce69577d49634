import type { Database } from '#platform/database'
import { isDatabaseOutage } from '#platform/database'
import type { Logger } from '#platform/logger'
import { CLAIM_MS, claimDue, giveBackClaims, renewClaims, type Claimed } from '../deliveries/claim.ts'

interface DueOptions {
  db: Database
  reaction: string
  eventTypes: readonly string[]
  poisonAfter: number
  instance: string
  log: Logger
  /** Most deliveries in hand at once. */
  limit: number
  /** Given each that is due, in order. */
  onDue: (due: readonly Claimed[]) => void
}

/** Milliseconds between looks, when nothing says that something is due earlier. */
const LOOK_MS = 1_000
const RENEW_MS = CLAIM_MS / 3

export type DueDeliveries = ReturnType<typeof takeDueDeliveries>

/**
 * Takes the deliveries of a reaction that are due in PostgreSQL, for as long as it runs: retries, what an operator sent on
 * its way again, and what the broker had lost. The broker has no part in it, so it goes on while that is away.
 */
export function takeDueDeliveries({ db, reaction, eventTypes, poisonAfter, instance, log, limit, onDue }: DueOptions) {
  /** Of each delivery how often it is begun, this time included. */
  const inHand = new Map<string, number>()
  const givenBack = new Map<string, number>() // and not noted yet
  let takesOverAt = 0
  let timer: NodeJS.Timeout | undefined
  let lookAt = Number.POSITIVE_INFINITY
  let looking: Promise<void> | undefined
  let stopped = false
  let more = false

  /** Claims ran out although their processes live: those have the time of a claim to renew them. */
  const noteOutage = (err: unknown) => {
    const isOutage = isDatabaseOutage(err)
    if (isOutage) takesOverAt = performance.now() + CLAIM_MS
    return isOutage
  }
  const noteGivenBack = async () => {
    const claims = begun(givenBack)
    await giveBackClaims(db, instance, claims)
    for (const { id } of claims) givenBack.delete(id)
  }
  const look = async () => {
    const room = limit - inHand.size
    if (room <= 0) return
    try {
      const taken = [...inHand.keys(), ...givenBack.keys()]
      const takesOver = performance.now() >= takesOverAt
      const claimant = { reaction, eventTypes, poisonAfter, inHand: taken, takesOver }
      const due = await claimDue(db, claimant, instance, room)
      for (const { id, starts } of due) inHand.set(id, starts)
      more = due.length === room
      if (due.length > 0) onDue(due)
    } catch (err) {
      if (!noteOutage(err)) log.error({ err, reaction }, 'due deliveries could not be read, trying again')
    }
  }
  const schedule = (ms: number) => {
    const at = performance.now() + ms
    if (stopped || at >= lookAt) return
    lookAt = at
    clearTimeout(timer)
    timer = setTimeout(() => {
      lookAt = Number.POSITIVE_INFINITY
      looking ??= look().finally(() => {
        looking = undefined
        schedule(LOOK_MS)
      })
    }, ms)
  }
  const renewing = setInterval(() => {
    renewClaims(db, instance, [...inHand.keys()]).catch(noteOutage)
    noteGivenBack().catch(noteOutage)
  }, RENEW_MS)
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
      await looking
      await giveBackClaims(db, instance, [...begun(inHand), ...begun(givenBack)]).catch(() => {}) // or the claims run out
    },
  }
}

const begun = (claims: ReadonlyMap<string, number>) => [...claims].map(([id, starts]) => ({ id, starts }))
