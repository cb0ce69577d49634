import type { ProjectionStatus } from '#messaging'
import { host } from '../host.ts'
import { ago, counted, say } from '../terminal/output.ts'
import { styled } from '../terminal/style.ts'

export const plainly = ({ name, state, reason, since, lagSeconds }: ProjectionStatus) => ({
  name,
  state: state === 'running' ? 'behind' : state,
  reason,
  since,
  lagSeconds,
})

/** What it waits for, and what helps. */
export function tellProjection({ name, state, reason, since, behind, lagSeconds, holder }: ProjectionStatus): void {
  const lag = `${counted(Number(behind), 'event')} behind, the oldest ${ago(new Date(Date.now() - lagSeconds * 1_000))}`
  if (state === 'running') {
    const who = holder ? `${holder} keeps it` : `nobody keeps it: does a worker with ${name} run?`
    say(`${styled('yellow', 'behind')}  the projection ${name}: ${lag}; ${who}`)
  } else {
    say(`${styled(state === 'failed' ? 'red' : 'yellow', state)}  the projection ${name}${reason ? `: ${reason}` : ''}`)
    say(`    since ${ago(since)}, ${lag}`)
  }
  say(styled('dim', `    ${host().call(state === 'running' ? 'projections list' : `projections resume ${name}`)}`))
}
