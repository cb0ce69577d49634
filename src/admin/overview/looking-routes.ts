import { z } from 'zod'
import { listPauses, listProjections, readFigures, readOpenBreakers, readSchedules } from '#messaging'
import { defineRoute, type Route } from '#http'
import { Flow, Overview, ProjectionList, ReactionList, ScheduleList } from '../contract/index.ts'
import { liveMessages } from '../live.ts'
import type { AdminNeeds } from '../needs.ts'
import { readOverview } from './overview.ts'
import { remember } from '../remember.ts'

export const tag = 'Operators'
/** Milliseconds for which one reading answers everybody. */
const OVERVIEW_MS = 1_500
const FIGURES_MS = 1_500

const since = z
  .string()
  .regex(/^\d{1,18}$/, 'must be the id of a message')
  .optional()
  .describe('The id of the last message that was received; `Last-Event-ID` stands above it. Left out: from now on')
  .meta({ examples: ['1042'] })

/** How everything stands, once and as it changes. */
export function lookingRoutes(needs: AdminNeeds): Route[] {
  const { db, flow, isKnown } = needs
  const overview = remember(OVERVIEW_MS, () => readOverview(needs))
  const reactions = remember(FIGURES_MS, () => listFigures(needs))
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/overview',
      operationId: 'getOverview',
      summary: 'What goes on at this moment: orders, what is failing and why, the health of what is needed',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'At most two seconds old', schema: Overview } },
      handle: async () => ({ status: 200, body: await overview() }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/live',
      operationId: 'followLive',
      summary: 'The overview and every published event, as they change',
      description:
        'Server-Sent Events: `overview` about every two seconds, `events` with what the relay has published since. The id of a ' +
        'message is a position of the event store: sent as `Last-Event-ID`, or as `since`, the next connection goes on behind it (at most ' +
        '1,000 events back).',
      tag,
      scope: 'admin',
      query: z.strictObject({ since }),
      example: { query: { since: '1042' } },
      headers: [{ name: 'Last-Event-ID', description: 'The id of the last message that was received' }],
      replies: { 200: { description: 'A stream of text/event-stream', isLive: true } },
      handle: ({ header, query }) => ({
        status: 200,
        live: liveMessages({ ...needs, overview, lastId: header('last-event-id') ?? query.since }),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/reactions',
      operationId: 'listReactions',
      summary: 'What each reaction does: rate, processing time, critical time, attempts, and what waits for it',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'By name', schema: ReactionList } },
      handle: async () => ({ status: 200, body: await reactions() }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/flow',
      operationId: 'getFlow',
      summary: 'Who publishes which event, and who reacts, by this release',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'Publishers, event types and reactions', schema: Flow } },
      handle: async () => ({ status: 200, body: await flow() }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/projections',
      operationId: 'listProjections',
      summary: 'How far every read model has come',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'By name', schema: ProjectionList } },
      handle: async () => ({ status: 200, body: { projections: (await listProjections(db)).map(toProjection) } }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/schedules',
      operationId: 'listSchedules',
      summary: 'What runs by the clock: the latest run of each, how it ended, and when the next one is due',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'By name', schema: ScheduleList } },
      handle: async () => ({ status: 200, body: { schedules: await readSchedules(db) } }),
    }),
  ]

  async function listFigures({ db: asked }: AdminNeeds): Promise<ReactionList> {
    const [{ seconds, reactions: all }, breakers, pauses] = await Promise.all([
      readFigures(asked),
      readOpenBreakers(asked),
      listPauses(asked),
    ])
    const paused = new Map(
      pauses.map(({ reaction, since, ...one }) => [reaction, { ...one, since: since.toISOString() }]),
    )
    const open = new Map(
      breakers.map(({ reaction, cause, processes, since }) => [
        reaction,
        { cause, processes, since: since.toISOString() },
      ]),
    )
    return {
      seconds,
      reactions: all.map(({ lastHandledAt, ...one }) => ({
        ...one,
        known: isKnown(one.reaction),
        perSecond: one.handled / seconds,
        lastHandledAt: lastHandledAt?.toISOString() ?? null,
        breaker: open.get(one.reaction) ?? null,
        paused: paused.get(one.reaction) ?? null,
      })),
    }
  }
}

type Standing = Awaited<ReturnType<typeof listProjections>>[number]

function toProjection({ position, behind, shadowPosition, since, asOf: _, ...one }: Standing) {
  return {
    ...one,
    since: since.toISOString(),
    position: String(position),
    behind: String(behind),
    rebuiltTo: shadowPosition === null ? null : String(shadowPosition),
  } satisfies z.infer<typeof ProjectionList>['projections'][number]
}
