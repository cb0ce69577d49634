import { Anchor, Table, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { Flow } from '../../../../src/admin/contract/index.ts'
import { usePast } from '../../api/metrics.ts'
import { Card, Empty, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { count } from '../../parts/words.ts'
import { EventType } from './event-type.tsx'

interface Given {
  flow: UseQueryResult<Flow>
  /** Shows events of a type as they happen. */
  onFollow: (type: string) => void
}

/** Who publishes which event and who handles it, as the code says, and how many there were lately. */
export function Catalogue({ flow, onFollow }: Given) {
  const points = usePast('hour', 'none').data?.points
  const storedOf = (type: string) => points?.reduce((sum, { published }) => sum + (published[type] ?? 0), 0)
  return (
    <Card flush>
      <Shown query={flow} rows={10}>
        {({ types, publishes, reacts }) => (
          <Listing
            of="event types"
            narrow="stacked"
            columns={['Event', 'Published by', 'Handled by', numbers('Last hour')]}
            rows={types}
            keyOf={(type) => type}
            empty={<Empty icon="events" title="There is no event type" />}
          >
            {(type) => (
              <Table.Tr style={{ verticalAlign: 'top' }}>
                <Table.Td>
                  <Anchor component="button" type="button" onClick={() => onFollow(type)} title="Show it as it happens">
                    <EventType type={type} types={types} />
                  </Anchor>
                </Table.Td>
                <Table.Td data-label="Published by">
                  <Names all={publishes.flatMap(({ from, to }) => (to === type ? [from] : []))} none="nobody" />
                </Table.Td>
                <Table.Td data-label="Handled by">
                  <Names all={reacts.flatMap(({ from, to }) => (from === type ? [to] : []))} none="no reaction" />
                </Table.Td>
                <Table.Td data-label="Last hour" className="number">
                  {many(storedOf(type))}
                </Table.Td>
              </Table.Tr>
            )}
          </Listing>
        )}
      </Shown>
    </Card>
  )
}

const many = (stored: number | undefined) => (stored === undefined ? '…' : stored === 0 ? '–' : count(stored))

const Names = ({ all, none }: { all: readonly string[]; none: string }) =>
  all.length === 0 ? (
    <Text size="sm" c="dimmed">
      {none}
    </Text>
  ) : (
    <Text size="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
      {all.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </Text>
  )
