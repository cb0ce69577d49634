import { Anchor, Badge, Box, Button, Grid, Group, Stack, Table, Text } from '@mantine/core'
import type { StoryEvent, StoryReaction } from '../../../../src/admin/contract/index.ts'
import { Card } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { Payload } from '../../parts/message/payload.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { cause, clockOf, duration, processName } from '../../parts/words.ts'

interface Given {
  event: StoryEvent
  onClose: () => void
  onSelect: (eventId: string) => void
}

/** An event: who caused it, what it says, and what each reaction did with it. */
export function EventDetail({ event, onClose, onSelect }: Given) {
  return (
    <Card
      title={event.type}
      aside={
        <Button variant="subtle" size="compact-sm" onClick={onClose}>
          Close
        </Button>
      }
    >
      <Stack>
        <Group gap="xs">
          <Badge color="gray">{`version ${event.streamVersion} of its stream`}</Badge>
          <Badge color="gray">{`after ${duration(event.afterMs)}`}</Badge>
          <Badge color="gray">{`by ${event.publishedBy ?? 'a request or schedule'}`}</Badge>
          {event.causationId !== null && (
            <Anchor component="button" size="xs" onClick={() => onSelect(event.causationId!)}>
              to the event that caused it
            </Anchor>
          )}
        </Group>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Reactions to={event} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Payload value={event.data} />
          </Grid.Col>
        </Grid>
      </Stack>
    </Card>
  )
}

const Reactions = ({ to: { type, reactions } }: { to: StoryEvent }) => (
  <Listing
    of={`reactions to ${type}`}
    narrow="stacked"
    columns={['Reaction', 'State', numbers('Handled after'), numbers('Its work')]}
    rows={reactions}
    keyOf={({ reaction }) => reaction}
    empty={
      <Text size="sm" c="dimmed">
        No reaction is on this event.
      </Text>
    }
  >
    {(one) => <Row reaction={one} />}
  </Listing>
)

const Row = ({
  reaction: { reaction, state, afterMs, durationMs, dueAt, reason, error, history },
}: {
  reaction: StoryReaction
}) => (
  <Table.Tr>
    <Table.Td>
      <Text size="sm" fw={550}>
        {reaction}
      </Text>
      {history.map(({ at, what, attempt, error, by }) => (
        <Box key={at + what}>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {clockOf(at)} {what}
            {attempt > 0 && `, attempt ${attempt}`}
            {error !== null && `: ${cause(error)}`} ({processName(by)})
          </Text>
        </Box>
      ))}
    </Table.Td>
    <Table.Td data-label="State">
      <div>
        <StatusBadge state={state} />
        {dueAt !== null && (
          <Text size="xs" c="dimmed">
            due at {clockOf(dueAt)}
            {reason === 'retry-later' && error !== null && `: ${cause(error)}`}
          </Text>
        )}
      </div>
    </Table.Td>
    <Table.Td data-label="Handled after" className="number">
      {duration(afterMs)}
    </Table.Td>
    <Table.Td data-label="Its work" className="number">
      {duration(durationMs)}
    </Table.Td>
  </Table.Tr>
)
