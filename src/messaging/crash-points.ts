/** Places where a crash is most telling. Each is passed in normal operation without any effect. */
export const CRASH_POINTS = [
  'api.after-commit',
  'relay.before-publish',
  'publisher.before-confirm',
  'relay.after-confirm',
  'reaction.after-call',
  'reaction.after-commit',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

let armed: { point: CrashPoint; passes: number } | undefined

/** From now on the process kills itself, as kill -9 does, when it passes `point` for the `nth` time. For tests. */
export function armCrashPoint(point: CrashPoint, nth = 1): void {
  armed = { point, passes: nth }
}

export function crashPoint(point: CrashPoint): void {
  if (armed?.point !== point || --armed.passes > 0) return
  process.kill(process.pid, 'SIGKILL')
}
