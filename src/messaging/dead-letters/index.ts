export { listGroups, listLetters, listReactions, type Group, type Letter, type ReactionSummary } from './browse.ts'
export { Refused, type DeadLetterContext } from './operator-context.ts'
export { describeDelivery, type DeliveryDetails } from './describe.ts'
export { discard, restore, type DiscardResult } from './discard.ts'
export { commitEdit, draftEdit, planEdit, type EditDraft, type PlannedEdit } from './edit/edit.ts'
export { differences, withValue, type Difference } from './edit/json-diff.ts'
export { undoEdit } from './edit/undo-edit.ts'
export { askRun } from './asked-runs/ask-run.ts'
export { finishAskedRun, takeAskedRuns, type AskedRun } from './asked-runs/take-asked.ts'
export { asAction, readHistory, recordAction, type ChangeOfAccess, type PastAction } from './operator-actions.ts'
export { pauseReaction, resumeReaction } from './pause-reaction.ts'
export { planFor, type Plan } from './selection-preview.ts'
export { CARE } from './redrive/care.ts'
export { redrive, type Progress, type RedriveOptions, type RedriveResult } from './redrive/redrive.ts'
export { findRecoveries, type Recovery } from './recovered/find-recoveries.ts'
export { redriveByPolicy, type RedrivePolicy } from './recovered/redrive-by-policy.ts'
export { readOutcomes, type Outcomes } from './redrive/outcomes.ts'
export { describeGroups, type DescribedGroup } from './since/describe-groups.ts'
export { readSince, type GroupSince } from './since/read-since.ts'
export { checkSelector, EVERY_REACTION, type Selector } from './selector.ts'
export {
  groupWaiting,
  hold,
  listWaiting,
  planWaiting,
  retryNow,
  type WaitingDelivery,
  type WaitingGroup,
  type WaitingPlan,
} from './waiting-deliveries.ts'
