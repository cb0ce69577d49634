import {
  CARE,
  tellCause,
  tellOutage,
  type GroupSince,
  type Outage,
  type ProjectionStatus,
  type ReactionPause,
  type Recovery,
  type StuckCause,
} from '#messaging'
import type { Failure } from '../contract/index.ts'

const SEVERITY: Partial<Record<StuckCause['kind'], Failure['severity']>> = {
  dead: 'error',
  overdue: 'error',
  unpublished: 'error',
  discarded: 'info',
}

/** What is told of dead letters alone. */
const UNCHANGED = { failureClass: null, advice: null, changed: null }

/** A cause with its sentence and what repairs it. @param changed what has changed since, where that was asked */
export function toFailure(cause: StuckCause, isKnown: (reaction: string) => boolean, changed?: GroupSince): Failure {
  const { kind, reaction, conversations, example, since } = cause
  return {
    kind,
    severity: SEVERITY[kind] ?? 'warning',
    sentence: tellCause(cause, isKnown),
    orders: conversations,
    example,
    reaction,
    since: since.toISOString(),
    ...(changed ? toldOf(changed) : UNCHANGED),
    repair: repairOf(cause),
    command: commandFor(cause, isKnown),
  }
}

const toldOf = ({ failureClass, advice, sentence: changed }: GroupSince) => ({ failureClass, advice, changed })

/** What the dead-letter operations can do about it. */
function repairOf({ kind, reaction, fingerprint, deliveryId }: StuckCause): Failure['repair'] {
  if (reaction === null) return null
  const ofGroup = { reaction, group: fingerprint, deliveryId: fingerprint === null ? deliveryId : null }
  switch (kind) {
    case 'dead':
      return { action: 'redrive', ...ofGroup }
    case 'retrying':
      return { action: 'retry', ...ofGroup }
    case 'held':
      return { action: 'retry', reaction, group: null, deliveryId }
    case 'paused':
      return { action: 'resume', reaction, group: null, deliveryId: null }
    case 'discarded':
      return { action: 'restore', reaction, group: null, deliveryId }
    default:
      return null
  }
}

/** Where only a process that runs helps. */
function commandFor({ kind, reaction }: StuckCause, isKnown: (reaction: string) => boolean): string | null {
  if (kind === 'unpublished') return 'fanfare relay'
  if (kind !== 'overdue' && kind !== 'waiting') return null
  return isKnown(reaction!) ? `fanfare worker ${reaction}` : `fanfare worker --retire ${reaction}`
}

/** Something is away that reactions need. @param behind what waits for those reactions */
export function outageFailure(outage: Outage, behind: readonly StuckCause[]): Failure {
  const { reactions, since } = outage
  const waiting = behind.filter(({ reaction }) => reactions.includes(reaction!))
  return {
    kind: 'breaker',
    severity: 'error',
    sentence: tellOutage(outage),
    orders: Math.max(0, ...waiting.map(({ conversations }) => conversations)),
    example: waiting[0]?.example ?? null,
    reaction: reactions[0] ?? null,
    since: since.toISOString(),
    ...UNCHANGED,
    repair: null,
    command: null,
  }
}

/** An operator has paused a reaction, perhaps one who has gone home since. @param held what waits for that */
export function pauseFailure(pause: ReactionPause, held: readonly StuckCause[]): Failure {
  const { reaction, operator, reason, since } = pause
  const waiting = held.filter((cause) => cause.reaction === reaction)
  const why = reason === null ? '' : `: ${reason}`
  return {
    kind: 'paused',
    severity: 'warning',
    sentence: `${reaction} was paused by ${operator}${why}. Its messages wait until it is resumed.`,
    orders: Math.max(0, ...waiting.map(({ conversations }) => conversations)),
    example: waiting[0]?.example ?? null,
    reaction,
    since: since.toISOString(),
    ...UNCHANGED,
    repair: { action: 'resume', reaction, group: null, deliveryId: null },
    command: `fanfare reactions resume ${reaction}`,
  }
}

/** Something was away, and has left dead letters: one redrive for all of them. */
export function recoveryFailure({ dependency, reactions, letters, from, isBack, stopped }: Recovery): Failure {
  const now = isBack ? 'works again' : 'has not been called since'
  const left = letters === 1 ? '1 dead letter of' : `${letters} dead letters of`
  const rest = stopped === null ? '' : ` The policy has stopped redriving them: ${stopped}`
  return {
    kind: 'recovered',
    severity: 'warning',
    sentence: `${dependency} was away and ${now}: ${left} ${reactions.join(', ')} ${letters === 1 ? 'is' : 'are'} left of that time.${rest}`,
    orders: letters,
    example: null,
    reaction: null,
    since: from.toISOString(),
    ...UNCHANGED,
    repair: { action: 'redrive-recovered', dependency, reactions, letters },
    command: `fanfare dead-letters recovered ${dependency} --canary ${CARE.canary} --rate ${CARE.rate}/s`,
  }
}

const STANDS: Record<ProjectionStatus['state'], string> = {
  running: 'is behind',
  paused: 'is paused',
  failed: 'failed',
}

/** A projection that does not move. */
export function projectionFailure({ name, state, reason, behind, lagSeconds, since }: ProjectionStatus): Failure {
  const why = reason ? `: ${reason}` : '.'
  const lag = `${behind} events behind, the oldest ${Math.round(lagSeconds)} s old`
  return {
    kind: 'projection',
    severity: state === 'failed' ? 'error' : 'warning',
    sentence: `The projection ${name} ${STANDS[state]}, ${lag}${why}`,
    orders: 0,
    example: null,
    reaction: null,
    since: (state === 'running' ? new Date(Date.now() - lagSeconds * 1_000) : since).toISOString(),
    ...UNCHANGED,
    repair: null,
    command: state === 'running' ? 'fanfare projections list' : `fanfare projections resume ${name}`,
  }
}

const RANK: Record<Failure['severity'], number> = { error: 0, warning: 1, info: 2 }

/** The worst first; those of one severity by how many orders wait. */
export const byWeight = (a: Failure, b: Failure): number =>
  RANK[a.severity] - RANK[b.severity] || b.orders - a.orders || b.since.localeCompare(a.since)
