import { Badge } from '@mantine/core'
import { inWords } from './words.ts'

const COLOURS: Record<string, string> = {
  placed: 'blue',
  confirmed: 'indigo',
  shipped: 'cyan',
  delivered: 'teal',
  returned: 'grape',
  rejected: 'red',
  cancelled: 'gray',
  expired: 'orange',
  handled: 'teal',
  waiting: 'gray',
  retrying: 'yellow',
  blocked: 'orange',
  held: 'grape',
  dead: 'red',
  discarded: 'gray',
  'given-up': 'red',
  resolved: 'teal',
  done: 'teal',
  halted: 'orange',
  interrupted: 'orange',
  failed: 'red',
  running: 'teal',
  late: 'orange',
  paused: 'yellow',
}

export const colourOf = (state: string) => COLOURS[state] ?? 'gray'

/** The state of an order, a delivery or an action. The word says it; the colour only helps. */
export const StatusBadge = ({ state, size = 'md' }: { state: string; size?: 'sm' | 'md' | 'lg' }) => (
  <Badge color={colourOf(state)} size={size}>
    {inWords(state)}
  </Badge>
)
