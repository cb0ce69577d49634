import { z } from 'zod'
import type { Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { databaseUnavailable, defineRoute, Problem, type Route } from '#http'

const Health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })
const tag = 'Operations'
const PROBE_MS = 1_000

interface Needs {
  db: Database
  /** True from the moment the process was asked to stop. */
  isStopping: () => boolean
}

/** What orchestrators and monitoring ask. RabbitMQ and Redis are not needed to take orders, so readiness ignores them. */
export function operationRoutes({ db, isStopping }: Needs): Route[] {
  const ok = { status: 200, body: { status: 'ok' } }
  const answers = { 200: { description: 'Yes', schema: Health } }
  let asking: Promise<unknown> | undefined
  /** Nobody needs a key to ask this, so that all who ask at one time share one question to PostgreSQL. */
  const ask = () =>
    (asking ??= inTime(db.$executeRaw`SELECT 1`, PROBE_MS, databaseUnavailable).finally(() => (asking = undefined)))
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'isAlive',
      summary: 'Is the process alive?',
      tag,
      public: true,
      replies: answers,
      handle: () => ok,
    }),
    defineRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'isReady',
      summary: 'Can it take orders now?',
      tag,
      public: true,
      replies: answers,
      refusals: { 503: 'database-unavailable, stopping' },
      async handle() {
        if (isStopping())
          throw new Problem(503, 'stopping', 'This process is stopping.', { headers: { 'Retry-After': '1' } })
        await ask()
        return ok
      },
    }),
  ]
}
