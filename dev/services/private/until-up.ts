import { waitFor } from '../../processes/wait-for.ts'

interface Limits {
  seconds: number
  signal: AbortSignal | undefined
}

/** Waits until a service that was launched answers. @returns false when it ends before, or the time is over */
export async function untilUp(
  answers: () => Promise<boolean>,
  isRunning: () => boolean,
  { seconds, signal }: Limits,
): Promise<boolean> {
  let up = false
  await waitFor(async () => (up = await answers()) || !isRunning(), seconds, signal)
  return up
}
