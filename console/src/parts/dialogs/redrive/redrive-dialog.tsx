import { Alert, Box, Text } from '@mantine/core'
import type { Plan } from '../../../../../src/admin/contract/index.ts'
import { ofLetters } from '../../../api/ask.ts'
import { usePlan, type Selection } from '../../../api/queries.ts'
import { Shown } from '../../frame.tsx'
import { count, counted, inWords } from '../../words.ts'
import { Choices } from './choices.tsx'
import { Steps, type Begin } from './steps.tsx'

interface Asked {
  reaction: string
  selection: Selection
  onClose: () => void
}

/** A redrive in three steps: what would happen, how carefully, and what becomes of it. */
export const RedriveDialog = ({ reaction, selection, onClose }: Asked) => (
  <Steps title={`Redrive: ${reaction}`} onClose={onClose}>
    {(begin) => <PlanStep reaction={reaction} selection={selection} {...begin} />}
  </Steps>
)

function PlanStep({ reaction, selection, ...begin }: Asked & Begin) {
  const plan = usePlan(reaction, selection)
  return (
    <Shown query={plan} rows={3}>
      {(known) => (
        <Choices
          total={known.total}
          sent={known.total - known.alreadyHandled - known.undeliverable}
          send={(how, post) => post(`${ofLetters(reaction)}/redrive`, { ...selection, ...how })}
          {...begin}
        >
          <PlanTable plan={known} />
        </Choices>
      )}
    </Shown>
  )
}

function PlanTable({ plan: { total, alreadyHandled, undeliverable, kinds } }: { plan: Plan }) {
  if (total === 0) return <Alert color="gray">Nothing fits any more: it was repaired meanwhile.</Alert>
  return (
    <Box className="said-first">
      <Text size="sm" fw={600}>
        {counted(total, 'dead letter')} {total === 1 ? 'is' : 'are'} selected.
      </Text>
      {kinds.map(({ eventType, reason, count: number }) => (
        <Text key={`${eventType} ${reason}`} size="sm" c="dimmed">
          {count(number)} × {eventType ?? 'unreadable'}, {inWords(reason)}
        </Text>
      ))}
      {alreadyHandled > 0 && (
        <Text size="sm" c="dimmed">
          {count(alreadyHandled)} were handled meanwhile and are only closed.
        </Text>
      )}
      {undeliverable > 0 && (
        <Text size="sm" c="dimmed">
          {count(undeliverable)} cannot be delivered and stay: discard them.
        </Text>
      )}
    </Box>
  )
}
