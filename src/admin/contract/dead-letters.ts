import { z } from 'zod'
import { Advice, FailureClass, Fingerprint, Id, Moment, Reason } from './words.ts'

export const DeadLetterSummary = z
  .strictObject({
    reactions: z.array(
      z.strictObject({
        reaction: z.string(),
        count: z.int(),
        groups: z.int(),
        oldest: Moment.nullable(),
        newest: Moment.nullable(),
        topError: z.string().nullable(),
        inFlight: z.int().describe('Redriven, and neither handled nor dead again yet'),
      }),
    ),
  })
  .meta({ id: 'DeadLetterSummary' })
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>

export const GroupList = z
  .strictObject({
    groups: z.array(
      z.strictObject({
        fingerprint: z.string(),
        count: z.int(),
        oldest: Moment,
        newest: Moment,
        eventType: z.string().nullable(),
        reason: z.string(),
        error: z.string(),
        exampleId: Id,
        failureClass: FailureClass,
        isForeign: z.boolean().describe('The event store does not have the message'),
        dependency: z.string().nullable().describe('What its call failed of, where its reaction names that'),
        failedIn: z.string().nullable().describe('The release that failed last; null where its process is forgotten'),
        stillFails: z.boolean().describe('Deliveries that are tried again have failed in the same way since'),
        running: z
          .array(z.strictObject({ release: z.string(), since: Moment }))
          .describe('The releases that run the reaction now, the latest at the end'),
        handledSince: z
          .int()
          .describe('Events of this type that were handled since it failed so last, of the latest hundred'),
        advice: Advice,
        sentence: z.string().describe('What has changed since, and what to do'),
      }),
    ),
  })
  .meta({ id: 'DeadLetterGroups' })
export type GroupList = z.infer<typeof GroupList>

export const LetterList = z
  .strictObject({
    letters: z.array(
      z.strictObject({
        id: Id,
        eventId: Id.nullable(),
        eventType: z.string().nullable(),
        correlationId: z.string().nullable(),
        reason: z.string(),
        error: z.string(),
        attempts: z.int(),
        failedAt: Moment,
        edited: z.boolean(),
      }),
    ),
    next: z.string().nullable().describe('`cursor` of the next page; null at the end'),
  })
  .meta({ id: 'DeadLetterPage' })
export type LetterList = z.infer<typeof LetterList>

export const LetterView = z
  .strictObject({
    id: Id,
    reaction: z.string(),
    state: z.string(),
    reason: z.string(),
    eventId: Id.nullable(),
    eventType: z.string().nullable(),
    stream: z.string().nullable(),
    streamVersion: z.int().nullable(),
    correlationId: z.string().nullable(),
    attempts: z.int(),
    errorName: z.string().nullable(),
    errorMessage: z.string().nullable(),
    stack: z.string().nullable(),
    fingerprint: z.string().nullable(),
    failedAt: Moment.nullable(),
    dueAt: Moment.nullable(),
    instance: z.string().nullable(),
    editedAt: Moment.nullable(),
    standing: z.string().describe('handled, not handled, or not in store'),
    message: z.unknown().describe('The message as JSON, or as text where it is none; personal data are masked'),
    masked: z.boolean().describe('Some of it is masked'),
    history: z.array(
      z.strictObject({
        at: Moment,
        what: z.string(),
        attempt: z.int(),
        error: z.string().nullable(),
        by: z.string(),
        dueAt: Moment.nullable(),
      }),
    ),
    dead: z.int().describe('Dead letters of this reaction'),
  })
  .meta({ id: 'Delivery' })
export type LetterView = z.infer<typeof LetterView>

const Change = z.strictObject({
  pointer: z.string().describe('JSON pointer (RFC 6901)'),
  before: z.unknown().optional().describe('Missing when it was added'),
  after: z.unknown().optional().describe('Missing when it was removed'),
})

const Data = z
  .unknown()
  .describe(
    'The data of the event. `•••` stands for personal data that are not shown; left as it is, it stays as it is',
  )

export const EditDraft = z
  .strictObject({
    id: Id,
    eventType: z.string(),
    data: Data,
    stored: Data.describe('The same as the event store has it'),
    editedAt: Moment.nullable().describe('Of the latest edit, which `basedOn` names'),
    changes: z.array(Change).describe('What earlier edits changed'),
  })
  .meta({ id: 'EditDraft' })
export type EditDraft = z.infer<typeof EditDraft>

export const EditCheck = z.strictObject({ data: Data }).meta({ id: 'EditCheck' })

export const CheckedEdit = z
  .strictObject({
    fits: z.boolean().describe('It can be kept: it fits the schema of its event type, and something is different'),
    problem: z.string().nullable().describe('Why it does not fit'),
    changes: z.array(Change),
  })
  .meta({ id: 'CheckedEdit' })
export type CheckedEdit = z.infer<typeof CheckedEdit>

export const Edit = z
  .strictObject({
    data: Data,
    basedOn: Moment.nullable().describe(
      '`editedAt` of the draft: an edit by somebody else in between is not overwritten',
    ),
    reason: Reason,
  })
  .meta({ id: 'Edit' })
export type Edit = z.infer<typeof Edit>

export const UndoEdit = z.strictObject({ reason: Reason }).meta({ id: 'UndoEdit' })

export const Plan = z
  .strictObject({
    total: z.int(),
    alreadyHandled: z.int().describe('Would be closed without being sent'),
    undeliverable: z.int().describe('Nobody can take them; only discard closes them'),
    oldest: Moment.nullable(),
    newest: Moment.nullable(),
    kinds: z.array(z.strictObject({ eventType: z.string().nullable(), reason: z.string(), count: z.int() })),
  })
  .meta({ id: 'RepairPlan' })
export type Plan = z.infer<typeof Plan>

/** What is given together must all be true; one of them must be given. */
export const selection = {
  ids: z.array(Id).min(1).max(1_000).optional().describe('Of deliveries, or of their events'),
  group: Fingerprint.optional().describe('Those of one cause'),
  eventType: z.string().max(200).optional(),
  olderThanSeconds: z.int().min(0).max(31_536_000).optional(),
  all: z.boolean().optional(),
}

export const Repair = z.strictObject({ ...selection, reason: Reason }).meta({ id: 'Repair' })
export type Repair = z.infer<typeof Repair>

const pace = {
  reason: Reason,
  canary: z.int().min(1).max(10_000).optional().describe('So many first, and the rest only if they fare well'),
  rate: z.number().min(0.1).max(10_000).optional().describe('Deliveries per second at most'),
  haltAbove: z.number().min(0).max(1).optional().describe('Stops when a larger share fails again'),
}

export const RedriveRecovered = z.strictObject(pace).meta({ id: 'RedriveRecovered' })
export type RedriveRecovered = z.infer<typeof RedriveRecovered>

export const RecoveryList = z
  .strictObject({
    recoveries: z.array(
      z.strictObject({
        dependency: z.string().describe('What reactions call, as they name it'),
        reactions: z.array(z.string()),
        letters: z.int(),
        from: Moment,
        until: Moment,
        isBack: z.boolean().describe('A call has succeeded since; otherwise nobody has called it yet'),
        stopped: z.string().nullable().describe('Why the policy has stopped redriving them; null where it has not'),
      }),
    ),
  })
  .meta({ id: 'Recoveries' })
export type RecoveryList = z.infer<typeof RecoveryList>

export const Redrive = z.strictObject({ ...selection, ...pace }).meta({ id: 'Redrive' })
export type Redrive = z.infer<typeof Redrive>

export const Begun = z.strictObject({ actionId: Id }).meta({ id: 'BegunAction' })

const Outcomes = z.strictObject({ handled: z.int(), deadAgain: z.int(), retrying: z.int(), inFlight: z.int() })

export const ActionView = z
  .strictObject({
    actionId: Id,
    action: z.string(),
    reaction: z.string(),
    operator: z.string(),
    reason: z.string().nullable(),
    selector: z.record(z.string(), z.unknown()),
    begunAt: Moment,
    finishedAt: Moment.nullable().describe('Empty while it runs, and for ever when its process was killed'),
    outcome: z.string().nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
    progress: Outcomes.optional().describe('What became of the deliveries that this action touched'),
  })
  .meta({ id: 'OperatorAction' })
export type ActionView = z.infer<typeof ActionView>

export const ActionList = z.strictObject({ actions: z.array(ActionView) }).meta({ id: 'OperatorActions' })
export type ActionList = z.infer<typeof ActionList>
