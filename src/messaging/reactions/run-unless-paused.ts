import { plainMessage } from '#platform/database'
import { listPauses } from '../deliveries/pauses.ts'
import type { Reaction } from './define/define-reaction.ts'
import { runReaction, type ReactionRuntime, type RunningReaction } from './run-reaction.ts'

/** Milliseconds between two looks at what operators have paused. */
const LOOK_MS = 2_000

interface Course {
  reaction: Reaction
  running?: RunningReaction | undefined
  /** It begins or ends. */
  changing?: Promise<void> | undefined
}

/**
 * Runs reactions in this process, each but for the time in which an operator has it paused. A paused one takes nothing from the broker
 * nor from PostgreSQL, instead of holding messages: RabbitMQ closes a channel that has some unacknowledged for half an hour.
 * @returns as soon as those that are not paused take messages
 */
export async function runUnlessPaused(
  reactions: readonly Reaction[],
  given: ReactionRuntime & { lookMs?: number },
): Promise<RunningReaction> {
  const { db, log, lookMs = LOOK_MS } = given
  const courses = reactions.map((reaction): Course => ({ reaction }))
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  /** @returns when it takes messages of the broker; what is due in PostgreSQL it takes before */
  const start = (course: Course) => {
    let taking!: Promise<unknown>
    const begun = new Promise<void>((resolve) => {
      let mine: RunningReaction | undefined
      const onBegun = (running: RunningReaction) => resolve(void (mine = course.running = running))
      taking = runReaction(course.reaction, { ...given, onBegun })
      taking.catch(() => {
        if (course.running === mine) course.running = undefined // so that the next look starts it again
        resolve()
      })
    })
    course.changing = begun.finally(() => (course.changing = undefined))
    return taking
  }
  const pause = (course: Course) => {
    const ending = course.running!.stop().finally(() => (course.running = course.changing = undefined))
    course.changing = ending.catch(() => {}) // told below
    return ending
  }
  const look = async () => {
    const paused = await pausedNames(db)
    for (const course of courses) {
      const reaction = course.reaction.name
      const isPaused = paused.has(reaction)
      if (stopped || course.changing || isPaused === (course.running === undefined)) continue
      log.info({ reaction }, isPaused ? 'an operator pauses it: its messages wait' : 'an operator lets it go on')
      const changed = isPaused ? pause(course) : start(course)
      changed.catch((err: unknown) =>
        log.warn({ err, reaction }, 'it could not be paused, or resumed; it is tried again'),
      )
    }
  }
  const noteFailure = (error: Error) =>
    log.warn({ reason: plainMessage(error) }, 'what operators have paused could not be read')

  const begun: RunningReaction = {
    async stop() {
      stopped = true
      clearInterval(timer)
      await Promise.all(courses.map(async ({ changing }) => changing))
      await Promise.all(courses.map(async ({ running }) => running?.stop()))
    },
  }
  given.onBegun?.(begun)
  const paused = await pausedNames(db)
  const starting = courses.filter(({ reaction }) => !paused.has(reaction.name)).map(start)
  if (!stopped) timer = setInterval(() => void look().catch(noteFailure), lookMs)
  await Promise.all(starting)
  return begun
}

const pausedNames = async (db: ReactionRuntime['db']) => new Set((await listPauses(db)).map(({ reaction }) => reaction))
