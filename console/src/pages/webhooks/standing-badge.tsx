import { Badge } from '@mantine/core'
import type { Endpoint } from '../../api/webhooks.ts'
import { ago } from '../../parts/words.ts'

const WHY = { asked: 'disabled', gone: 'disabled: it is gone', failing: 'disabled: it failed for long' }

/** As wide as its words: on a telephone the table moves sideways. */
const WHOLE = { flex: 'none', minWidth: 'max-content' }

/** Whether an endpoint works. */
export function StandingBadge({ endpoint: { disabledBecause, failingSince } }: { endpoint: Endpoint }) {
  if (disabledBecause !== null)
    return (
      <Badge color={disabledBecause === 'asked' ? 'gray' : 'red'} tt="none" style={WHOLE}>
        {WHY[disabledBecause]}
      </Badge>
    )
  if (failingSince === null)
    return (
      <Badge color="teal" tt="none" style={WHOLE}>
        works
      </Badge>
    )
  return (
    <Badge color="orange" tt="none" style={WHOLE}>
      fails, first {ago(failingSince)}
    </Badge>
  )
}
