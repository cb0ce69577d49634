export { CONTENT_TYPE as CLOUD_EVENT_TYPE, encode as encodeCloudEvent, schemaUrl } from './cloud-event.ts'
export { defineEvent } from './define-event.ts'
export type { AnyEventType, DataOf, EventType, NewEvent, RecordedEvent, RecordedOf, Schema } from './define-event.ts'
export { hasMarks, marksOf, PERSONAL, shownOf } from './personal-marks.ts'
export { DependencyUnavailable, RetryLater, StreamConflict, UnreadableEvent, Unrecoverable } from './errors.ts'
export { defineReaction } from './reactions/define/define-reaction.ts'
export type {
  Publication,
  BatchContext,
  CallContext,
  HandleContext,
  Reaction,
} from './reactions/define/define-reaction.ts'
export { defineProjection } from './projections/define-projection.ts'
export type { Projection, ProjectionTransaction } from './projections/define-projection.ts'
export { runProjections } from './projections/run-projections.ts'
export type { RunningProjections } from './projections/run-projections.ts'
export { createProjectionReader } from './projections/read-projection.ts'
export type { ProjectionReader } from './projections/read-projection.ts'
export { NotApplied } from './projections/apply.ts'
export {
  findStuckProjections,
  listProjections,
  pauseProjection,
  removeProjection,
  resumeProjection,
} from './projections/list.ts'
export type { ProjectionStatus } from './projections/list.ts'
export { ProjectionRefused, register } from './projections/standing.ts'
export { WORKER_ROLE } from './projections/tables.ts'
export { rebuild } from './projections/rebuild/rebuild.ts'
export type { Rebuilt, RebuildOptions, RebuildProgress } from './projections/rebuild/rebuild.ts'
export type { TableDifference } from './projections/rebuild/compare.ts'
export { append } from './event-store/append.ts'
export type { Append } from './event-store/append.ts'
export { readConversation, readEventsById, readStream } from './event-store/read.ts'
export type { StoredEvent } from './event-store/read.ts'
export { lockStreams, readTails } from './event-store/streams.ts'
export { openedEvents, sealEvents } from './event-store/personal.ts'
export { archivedAmong, archivedUpTo, archivesOf } from './event-store/archives.ts'
export { archiveBefore, underLease as underArchiveLease } from './archive/archive.ts'
export type { ArchiveReport } from './archive/archive.ts'
export { exportEvents } from './archive/export-events.ts'
export { importEvents } from './archive/import-events.ts'
export { readArchived } from './archive/read-archived.ts'
export { ArchiveRefused } from './archive/refused.ts'
export { restoreArchive } from './archive/restore.ts'
export { fillHole, findHoles } from './event-store/partitions/holes.ts'
export type { Hole } from './event-store/partitions/holes.ts'
export { listPartitions } from './event-store/partitions/partitions.ts'
export type { PartitionSize } from './event-store/partitions/partitions.ts'
export { makePartitions } from './event-store/partitions/make-partitions.ts'
export type { PartitionLength } from './event-store/partitions/make-partitions.ts'
export { createWakeUp } from './event-store/wake-up.ts'
export type { WakeUp } from './event-store/wake-up.ts'
export { countDeadLetters, measureBacklog } from './backlog-metrics.ts'
export { listRunning, reportProcess } from './processes/index.ts'
export type { ProcessReport, ReportedProcess, RunningProcesses } from './processes/index.ts'
export { readStory } from './story.ts'
export { findStuck } from './stuck.ts'
export { isBehind, isForeign, tellCause, tellOutage } from './tell-cause.ts'
export {
  checkPlace,
  outagesOf,
  placeOf,
  readBrokenInvariants,
  countStanding,
  listPostponed,
  readFigures,
  readOpenBreakers,
  readPresent,
  readPublishedAfter,
  readPublishedData,
  readRelay,
  readSchedules,
  readSpan,
  TakenBack,
} from './figures/index.ts'
export type {
  Figures,
  OpenBreaker,
  Outage,
  Place,
  PublishedEvent,
  ReactionFigures,
  RelayStanding,
  Schedule,
  Span,
} from './figures/index.ts'
export { countOf, quantile, readLatestWaiting, readRollups, rollUp } from './rollups/index.ts'
export type { RolledUp, SpanOfEvents } from './rollups/index.ts'
export type { StuckCause, StuckKind } from './stuck.ts'
export type { HistoryEntry, ReactionState, StoryEvent, StoryReaction } from './story.ts'
export { createRabbitMq } from './broker/rabbitmq.ts'
export { createNames, topologyOf } from './broker/topology.ts'
export type { Names } from './broker/topology.ts'
export type { Broker } from './broker/broker.ts'
export { TopologyMismatch } from './broker/broker.ts'
export { createBrokerProbe } from './broker/ask-broker.ts'
export { armCrashPoint, crashPoint, CRASH_POINTS } from './crash-points.ts'
export type { CrashPoint } from './crash-points.ts'
export { startRelay } from './start-relay.ts'
export { listenForWakeUps } from './event-store/wake-up.ts'
export { findReactions, loadProjections, loadReactions, selectReactions } from './load-workers.ts'
export { reconcile } from './reconcile/reconcile.ts'
export type { Reconciled, ReconcileOptions } from './reconcile/reconcile.ts'
export { planReplay, ReplayRefused } from './reconcile/plan-replay.ts'
export type { ReplayPlan } from './reconcile/plan-replay.ts'
export { replay } from './reconcile/replay.ts'
export type { ReplayOptions } from './reconcile/replay.ts'
export { catchUp } from './catch-up.ts'
export { retire } from './retire.ts'
export { acquireLease } from './lease/lease.ts'
export { runReaction, type RunningReaction } from './reactions/run-reaction.ts'
export { runUnlessPaused } from './reactions/run-unless-paused.ts'
export { listPauses, type ReactionPause } from './deliveries/pauses.ts'
export { givenUpAmong } from './deliveries/record.ts'
export { strangeSubscriptions, subscribe } from './deliveries/subscriptions.ts'
export {
  asAction,
  askRun,
  CARE,
  checkSelector,
  commitEdit,
  describeDelivery,
  describeGroups,
  differences,
  discard,
  draftEdit,
  EVERY_REACTION,
  findRecoveries,
  finishAskedRun,
  groupWaiting,
  hold,
  listGroups,
  listLetters,
  listReactions,
  listWaiting,
  pauseReaction,
  planEdit,
  planFor,
  planWaiting,
  readHistory,
  readOutcomes,
  readSince,
  recordAction,
  redrive,
  redriveByPolicy,
  Refused,
  restore,
  resumeReaction,
  retryNow,
  takeAskedRuns,
  undoEdit,
  withValue,
} from './dead-letters/index.ts'
export type {
  AskedRun,
  ChangeOfAccess,
  DeadLetterContext,
  DeliveryDetails,
  DescribedGroup,
  Difference,
  DiscardResult,
  EditDraft,
  Group,
  GroupSince,
  Letter,
  Outcomes,
  PastAction,
  Plan,
  PlannedEdit,
  Progress,
  ReactionSummary,
  Recovery,
  RedrivePolicy,
  RedriveOptions,
  RedriveResult,
  Selector,
  WaitingDelivery,
  WaitingGroup,
  WaitingPlan,
} from './dead-letters/index.ts'
