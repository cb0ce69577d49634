import type { Outage } from './figures/index.ts'
import type { StuckCause } from './stuck.ts'

/** Whether this release has a reaction of that name. */
export type IsKnown = (reaction: string) => boolean

/** Why conversations do not move on, in one sentence. */
export function tellCause(cause: StuckCause, isKnown: IsKnown): string {
  const { kind, reaction, eventType, error, attempts, nextAt } = cause
  const what = `${reaction} and ${eventType ?? 'a message'}`
  const failed = error ? `: ${error}` : ''
  if (isForeign(cause, isKnown))
    return `${what}: waits, and this version has no such reaction. Start the release that has it, or retire it.`
  switch (kind) {
    case 'retrying':
      return `${what}: ${attemptsOf(attempts)} failed, the next is due at ${clock(nextAt)}${failed}`
    case 'postponed':
      return `${what}: waits, and looks again by itself${failed.replace(': RetryLater:', ':')}`
    case 'overdue':
      return `${what}: due at ${clock(nextAt)}, and nobody takes it. Does a worker with ${reaction} run that is on this type? What nobody wants any more is retired.`
    case 'newer-release':
      return `${what}: no release that runs knows this type or version. Start the newer one, or retire the type.`
    case 'blocked':
      return `${what}: waits behind an earlier event of its order that is not handled.`
    case 'held':
      return `${what}: an operator holds it back${failed}`
    case 'paused':
      return `${what}: an operator has paused ${reaction}; it goes on when that is resumed${failed}`
    case 'dead':
      return `${what}: given up after ${attemptsOf(attempts)}${failed}`
    case 'discarded':
      return `${what}: an operator discarded it, so it will not be handled${failed}`
    case 'waiting':
      return `${what}: published, and not handled. Does a worker with ${reaction} run, and does it keep up?${others(cause)}`
    default:
      return `${eventType} is stored, and not published. Does a relay run, and does it reach RabbitMQ?${others(cause)}`
  }
}

/** What is away and what follows from it, in one sentence. */
export function tellOutage({ cause, reactions, processes }: Outage): string {
  const are = reactions.length === 1 ? 'is' : 'are'
  const where = processes === 1 ? 'one process' : `${processes} processes`
  return `${reactions.join(', ')} ${are} paused in ${where}: ${cause}. Messages wait, no attempt is used up, and it goes on by itself.`
}

/** Waits for what is away, and for no worker that could be started: the outage tells both. */
export const isBehind = ({ kind, reaction }: StuckCause, outages: readonly Outage[]): boolean =>
  (kind === 'waiting' || kind === 'overdue') && outages.some(({ reactions }) => reactions.includes(reaction ?? ''))

/** Waits for a worker that no worker of this version can be. */
export const isForeign = ({ kind, reaction }: Pick<StuckCause, 'kind' | 'reaction'>, isKnown: IsKnown): boolean =>
  (kind === 'overdue' || kind === 'waiting') && reaction !== null && !isKnown(reaction)

const others = ({ more, conversations }: StuckCause) =>
  more ? ` More orders wait than the oldest ${conversations}, which were counted.` : ''
const attemptsOf = (count: number) => `${count} attempt${count === 1 ? '' : 's'}`
const clock = (at: Date | null) => (at ? `${at.toISOString().slice(11, 19)} UTC` : 'an unknown time')
