import { orderStream } from '#events'
import type { RouteRequest } from '#http'
import type { WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { changeOrder, type Command } from '../change-order.ts'
import { expectOwned } from '../owner.ts'
import { toView } from '../reading/view.ts'

export const AFTER = {
  'Fanfare-After': 'Pass it on as `after` to a query of a read model, to find this change in the answer',
}

/** Names the change for queries that are to contain it. */
export const toContain = ({ id, version }: { id: string; version: number }) => ({
  'Fanfare-After': `${orderStream({ orderId: id })}@${version}`,
})

type Request = Pick<RouteRequest<{ id: string }, unknown, unknown>, 'params' | 'caller' | 'traceparent'>

/** Does what the request asks with the order that it names, and answers with what became of it. */
export type Change = ReturnType<typeof changing>

export function changing({ db, wake }: WakeUp & { db: Database }) {
  return async ({ params: { id }, caller, traceparent }: Request, command: Command) => {
    const owned = await expectOwned(db, caller, id)
    const order = await changeOrder(db, id, command, { traceparent, actor: caller.actor })
    wake()
    return { status: 200, headers: toContain(order), body: toView(order, owned) }
  }
}

/** The same request has the same id, so a repeated one finds what the first has changed. */
export function idFor(
  what: string,
  { params, caller, header }: Pick<RouteRequest<{ id: string }, unknown, unknown>, 'params' | 'caller' | 'header'>,
) {
  const key = header('idempotency-key')
  return key === undefined ? uuidv7() : uuidOf(JSON.stringify([caller.clientId, params.id, what, key]))
}
