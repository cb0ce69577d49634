import { Anchor, Button, Group, Select, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useLive, type LiveEvent } from '../../api/live.ts'
import { Card, Empty } from '../../parts/frame.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { clockOf, count, counted, momentOf, short } from '../../parts/words.ts'
import { EventType, familiesOf } from './event-type.tsx'

const SHOWN = 100

interface Given {
  types: readonly string[]
  /** A type, or a family such as `payment.*`; null is all of them. */
  type: string | null
  onType: (type: string | null) => void
}

/** The newest first. It can be held, so that it can be read. */
export function Tail({ types, type, onType }: Given) {
  const live = useLive()
  const [words, setWords] = useState('')
  const [held, setHeld] = useState<readonly LiveEvent[]>()
  const all = held ?? live.events
  const events = all.filter((event) => isOf(type, event) && holds(words, event))
  return (
    <Card flush>
      <Group px="lg" py="md" gap="xs">
        <Select
          aria-label="Event type"
          placeholder="Every type"
          data={choicesOf(types)}
          value={type}
          onChange={onType}
          clearable
          searchable
          style={{ flex: '1 1 180px', maxWidth: 320 }}
        />
        <TextInput
          aria-label="Order or who began it"
          placeholder="Order, or who began it"
          leftSection={<Icon name="search" size={16} />}
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
          style={{ flex: '1 1 180px', maxWidth: 260 }}
        />
        <Text size="xs" c="dimmed" ml="auto" role="status">
          {all.length === 0
            ? ''
            : events.length === all.length
              ? counted(all.length, 'event')
              : `${count(events.length)} of ${count(all.length)}`}
          {held && `, ${count(live.events.filter((one) => !held.includes(one)).length)} more since`}
        </Text>
        <Button variant="default" onClick={() => setHeld(held ? undefined : live.events)} aria-pressed={!!held}>
          {held ? 'Go on' : 'Hold'}
        </Button>
      </Group>
      <Listing
        of="events"
        columns={COLUMNS}
        rows={events.slice(0, SHOWN)}
        keyOf={({ position }) => position}
        empty={<None filtered={all.length > 0} />}
      >
        {(event) => <Row event={event} types={types} />}
      </Listing>
    </Card>
  )
}

const COLUMNS = [
  'Time',
  'Event',
  'Order',
  { name: 'Began by', wideOnly: true },
  { ...numbers('Position'), wideOnly: true },
]

const None = ({ filtered }: { filtered: boolean }) =>
  filtered ? (
    <Empty icon="search" title="None of these">
      Events have been published, and no one of the latest is of this kind.
    </Empty>
  ) : (
    <Empty icon="events" title="Nothing yet">
      Events appear here within a second of being published.
    </Empty>
  )

const FAMILY = '.*'
const isOf = (wanted: string | null, { type }: LiveEvent) =>
  wanted === null || (wanted.endsWith(FAMILY) ? type.startsWith(wanted.slice(0, -1)) : type === wanted)

const holds = (words: string, { correlationId, actor }: LiveEvent) =>
  words.trim() === '' || `${correlationId} ${actor ?? ''}`.includes(words.trim().toLowerCase())

const choicesOf = (types: readonly string[]) =>
  familiesOf(types).map((family) => ({
    group: family,
    items: [family + FAMILY, ...types.filter((type) => type.startsWith(`${family}.`))],
  }))

const Row = ({ event, types }: { event: LiveEvent; types: readonly string[] }) => (
  <Table.Tr>
    <Table.Td title={momentOf(event.time)} style={{ whiteSpace: 'nowrap' }} w={90}>
      {clockOf(event.time)}
    </Table.Td>
    <Table.Td>
      <EventType type={event.type} types={types} />
    </Table.Td>
    <Table.Td style={{ whiteSpace: 'nowrap' }}>
      <Anchor component={Link} to={`/orders/${event.correlationId}`} size="sm" title={event.correlationId}>
        …{short(event.correlationId)}
      </Anchor>
    </Table.Td>
    <Table.Td className="wide-only">
      <Text size="sm" c="dimmed">
        {event.actor ?? '–'}
      </Text>
    </Table.Td>
    <Table.Td className="number wide-only" c="dimmed">
      {count(Number(event.position))}
    </Table.Td>
  </Table.Tr>
)
