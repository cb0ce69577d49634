import { Anchor, Button, Group, Select, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useLive, type LiveEvent } from '../api/live.ts'
import { useFlow } from '../api/queries.ts'
import { Card, Empty, PageHead } from '../parts/frame.tsx'
import { Listing, numbers } from '../parts/listing.tsx'
import { hue } from '../theme.ts'
import { clockOf, count, short } from '../parts/words.ts'

const SHOWN = 100

/** What the relay publishes, as it does so. */
export function EventsPage() {
  const live = useLive()
  const types = useFlow().data?.types ?? []
  const [type, setType] = useState<string | null>(null)
  const [held, setHeld] = useState<readonly LiveEvent[]>()
  const events = (held ?? live.events).filter((event) => type === null || event.type === type)
  return (
    <>
      <PageHead
        title="Events"
        words="Every event that the relay has published since this page was opened."
        actions={
          <Group gap="xs">
            <Select
              aria-label="Event type"
              placeholder="Every type"
              data={[...types]}
              value={type}
              onChange={setType}
              clearable
              searchable
              w={210}
            />
            <Button variant="default" onClick={() => setHeld(held ? undefined : live.events)} aria-pressed={!!held}>
              {held ? 'Go on' : 'Hold'}
            </Button>
          </Group>
        }
      />
      <Card flush>
        <Listing
          columns={[numbers('Position'), 'Event', 'Order', 'Began by', numbers('At')]}
          rows={events.slice(0, SHOWN)}
          keyOf={({ position }) => position}
          empty={
            <Empty icon="events" title="Nothing yet">
              Events appear here as they are published.
            </Empty>
          }
        >
          {(event) => <Row event={event} types={types} />}
        </Listing>
      </Card>
    </>
  )
}

function Row({ event, types }: { event: LiveEvent; types: readonly string[] }) {
  const families = [...new Set(types.map((type) => type.split('.')[0]))]
  const colour = hue(Math.max(0, families.indexOf(event.type.split('.')[0])))
  return (
    <Table.Tr>
      <Table.Td className="number">{count(Number(event.position))}</Table.Td>
      <Table.Td>
        <Text size="sm" fw={600} c={colour}>
          {event.type}
        </Text>
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} to={`/orders/${event.correlationId}`} size="sm">
          …{short(event.correlationId)}
        </Anchor>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {event.actor ?? '–'}
        </Text>
      </Table.Td>
      <Table.Td className="number">{clockOf(event.time)}</Table.Td>
    </Table.Tr>
  )
}
