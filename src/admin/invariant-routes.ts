import { z } from 'zod'
import { asAction, readHistory, type PastAction } from '#messaging'
import { defineRoute, Refusal, type Caller, type Route } from '#http'
import { AuditView, Begun, InvariantFinding } from './contract/index.ts'
import { Reason } from './contract/words.ts'
import { tag } from './overview/looking-routes.ts'
import type { AdminNeeds } from './needs.ts'

/** One that has not ended by then was killed with its process. */
const LONGEST_MS = 15 * 60_000
/** So many audits back is looked for one that has ended. */
const LOOKED_AT = 100

/** Orders, events, stock and money held against each other, at the wish of an operator: it reads every order. */
export function invariantRoutes(needs: AdminNeeds): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/audit',
      operationId: 'getAudit',
      summary: 'What the latest audit found: each invariant, and what breaks it',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'The latest that has ended', schema: AuditView } },
      handle: async () => ({ status: 200, body: await latestAudit(needs) }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/admin/audit',
      operationId: 'runAudit',
      summary: 'Hold the database against every invariant',
      description:
        'Begins, and answers at once; `GET /v1/admin/audit` tells what was found. It reads every order: on a million of them it ' +
        'takes minutes. What the payment gateway says is compared by `fanfare audit` alone.',
      tag,
      scope: 'admin',
      body: z.strictObject({ reason: Reason }).meta({ id: 'AuditRequest' }),
      example: { body: { reason: 'After the restore' } },
      replies: { 202: { description: 'It has begun', schema: Begun } },
      refusals: { 409: 'audit-runs' },
      async handle({ body: { reason }, caller }) {
        if ((await latestAudit(needs)).running)
          throw new Refusal('conflict', 'audit-runs', 'An audit runs already; wait for what it finds.')
        return { status: 202, body: { actionId: await begin(needs, caller, reason) } }
      },
    }),
  ]
}

/** @returns the id of the action as soon as the audit table has it */
function begin({ db, audit, log }: AdminNeeds, { actor }: Caller, reason: string): Promise<string> {
  return new Promise((resolve, reject) => {
    asAction({ db, operator: actor }, { action: 'audit', reaction: '', selector: {}, reason }, async ({ actionId }) => {
      resolve(actionId)
      return { outcome: 'done', findings: await audit() }
    }).catch((err: Error) => {
      log.warn({ err }, 'an audit has failed')
      reject(err)
    })
  })
}

async function latestAudit({ db }: AdminNeeds): Promise<AuditView> {
  const audits = await readHistory(db, { action: 'audit', limit: LOOKED_AT })
  const done = audits.find(({ outcome }) => outcome === 'done')
  return { running: audits.some(isRunning), latest: done ? toView(done) : null }
}

const isRunning = ({ begunAt, finishedAt }: PastAction) =>
  finishedAt === null && begunAt.getTime() > Date.now() - LONGEST_MS

const Found = z.object({ findings: z.array(InvariantFinding) })

function toView({ begunAt, finishedAt, operator, result }: PastAction): AuditView['latest'] {
  const seconds = (finishedAt!.getTime() - begunAt.getTime()) / 1_000
  return { at: finishedAt!.toISOString(), seconds, operator, findings: Found.parse(result).findings }
}
