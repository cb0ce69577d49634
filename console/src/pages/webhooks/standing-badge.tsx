import { Badge } from '@mantine/core'
import type { Endpoint } from '../../api/webhooks.ts'
import { ago } from '../../parts/words.ts'

const WHY = { asked: 'disabled', gone: 'disabled: it is gone', failing: 'disabled: it failed for long' }

/** Whether an endpoint works. */
export function StandingBadge({ endpoint: { disabledBecause, failingSince } }: { endpoint: Endpoint }) {
  if (disabledBecause !== null)
    return <Badge color={disabledBecause === 'asked' ? 'gray' : 'red'}>{WHY[disabledBecause]}</Badge>
  if (failingSince === null) return <Badge color="teal">works</Badge>
  return <Badge color="orange">fails, first {ago(failingSince)}</Badge>
}
