import type { FailureClass } from '../../deliveries/failure/failure-class.ts'

/** What has changed since dead letters of one cause were given up. */
export interface Since {
  reaction: string
  failureClass: FailureClass
  /** The event store does not have the message. */
  isForeign: boolean
  /** What its call failed of, where its reaction names that. */
  dependency: string | null
  /** The release that failed last; unknown where its process is forgotten. */
  failedIn: string | null
  /** Deliveries that are tried again have failed in the same way after the last letter. */
  stillFails: boolean
  /** The releases that run the reaction now, the one that began last at the end. */
  running: readonly { release: string; since: Date }[]
  /** Events of this type that the reaction has handled since it failed so last, of the latest hundred. */
  handledSince: number
}

/** What an operator can do about dead letters of one cause. `wait`: nothing yet. */
export type Advice = 'redrive' | 'canary' | 'edit' | 'discard' | 'deploy' | 'start' | 'wait'

export interface Advised {
  advice: Advice
  /** What has changed since, and what to do. */
  sentence: string
}

/** The one sentence an operator acts on. */
export function tellSince(since: Since): Advised {
  const { failureClass, running, reaction } = since
  if (since.isForeign) return say('discard', 'The event store does not have it, so it can only be discarded.')
  if (failureClass === 'data')
    return say(
      'edit',
      `The message was refused${others(since, ', and')}: edit it, or redrive it where what refused it has changed.`,
    )
  if (running.length === 0) return say('start', `No process that runs now has ${reaction}: start one, then redrive.`)
  return failureClass === 'dependency' ? tellDependency(since) : tellCode(since)
}

const say = (advice: Advice, sentence: string): Advised => ({ advice, sentence })

function tellDependency(since: Since): Advised {
  const what = since.dependency ?? 'what it calls'
  if (since.stillFails) return say('wait', `Newer attempts fail in the same way: repair ${what} first.`)
  if (since.handledSince > 0) return say('redrive', `It is ${what} that failed${others(since, ', and')}: redrive.`)
  return say('canary', `It is ${what} that failed, and nothing was handled since: redrive a few first.`)
}

function tellCode(since: Since): Advised {
  const { failedIn, running, stillFails } = since
  if (failedIn === null)
    return say('canary', `Which release failed is not known${others(since, '; but')}: redrive a few first.`)
  const another = running.filter(({ release }) => release !== failedIn).at(-1)
  if (!another) {
    const again = stillFails ? ' and newer attempts fail in the same way' : ''
    return say('deploy', `Release ${failedIn} failed, and it is what runs${again}: deploy one that is corrected first.`)
  }
  const now = `${another.release} runs since ${clock(another.since)}`
  if (running.some(({ release }) => release === failedIn))
    return say('wait', `Release ${failedIn} failed, and ${now} beside it: wait until ${failedIn} is gone.`)
  const how = since.handledSince > 0 ? 'redrive' : 'redrive a few first'
  const sentence = `Release ${failedIn} failed; ${now} and has not failed so${others(since, ', and')}: ${how}.`
  return say(since.handledSince > 0 ? 'redrive' : 'canary', sentence)
}

function others({ handledSince }: Since, joint: string): string {
  if (handledSince === 0) return ''
  return `${joint} ${handledSince === 1 ? 'another was' : `${handledSince} others were`} handled since`
}

/** By UTC, as other times that no browser writes. */
const clock = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
