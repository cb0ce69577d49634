import { Anchor, Button, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useDeliveries, type Delivery, type Endpoint } from '../../api/webhooks.ts'
import { Facts } from '../../parts/facts.tsx'
import { Card, Empty, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { ago, clockOf, count, short } from '../../parts/words.ts'
import { AttemptsDialog } from './attempts-dialog.tsx'
import { RedeliverDialog, SwitchDialog } from './change-dialogs.tsx'
import { StandingBadge } from './standing-badge.tsx'

type Dialog = { kind: 'switch' } | { kind: 'redeliver'; eventId?: string } | { kind: 'attempts'; eventId: string }

const STATES = [
  { value: '', label: 'All' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'given-up', label: 'Given up' },
]

/** One endpoint: how it stands, and what was sent to it. */
export function EndpointView({ endpoint }: { endpoint: Endpoint }) {
  const [state, setState] = useState('')
  const [dialog, setDialog] = useState<Dialog>()
  const deliveries = useDeliveries(endpoint.id, state === '' ? null : state)
  const close = () => setDialog(undefined)
  return (
    <Stack gap="lg">
      <Group className="card" px="lg" py="md" justify="space-between">
        <Head endpoint={endpoint} />
        <Group gap="xs">
          <Button variant="default" onClick={() => setDialog({ kind: 'switch' })}>
            {endpoint.enabled ? 'Disable …' : 'Enable …'}
          </Button>
          <Button onClick={() => setDialog({ kind: 'redeliver' })}>Send again …</Button>
        </Group>
      </Group>
      <Card
        title="Deliveries"
        aside={<SegmentedControl size="xs" data={STATES} value={state} onChange={setState} aria-label="State" />}
        flush
      >
        <Shown query={deliveries}>
          {({ pages }) => (
            <Deliveries
              all={pages.flatMap((page) => page.deliveries)}
              onLook={(eventId) => setDialog({ kind: 'attempts', eventId })}
            />
          )}
        </Shown>
        {deliveries.hasNextPage && (
          <Button
            variant="subtle"
            fullWidth
            radius={0}
            loading={deliveries.isFetchingNextPage}
            onClick={() => void deliveries.fetchNextPage()}
          >
            Show older ones
          </Button>
        )}
      </Card>
      {dialog?.kind === 'switch' && <SwitchDialog endpoint={endpoint} onClose={close} />}
      {dialog?.kind === 'redeliver' && <RedeliverDialog endpoint={endpoint} eventId={dialog.eventId} onClose={close} />}
      {dialog?.kind === 'attempts' && (
        <AttemptsDialog
          endpoint={endpoint}
          eventId={dialog.eventId}
          onRedeliver={() => setDialog({ kind: 'redeliver', eventId: dialog.eventId })}
          onClose={close}
        />
      )}
    </Stack>
  )
}

const Head = ({ endpoint }: { endpoint: Endpoint }) => (
  <Stack gap="xs" style={{ flex: '1 1 320px', minWidth: 0 }}>
    <Facts
      facts={{
        Endpoint: endpoint.description || undefined,
        Events: endpoint.eventTypes.length === 0 ? 'all' : endpoint.eventTypes.join(', '),
        Sent: endpoint.ordered ? 'those of an order one after the other' : 'as they come',
        Waiting: count(endpoint.waiting),
        'Delivered last': ago(endpoint.lastDeliveredAt),
      }}
    >
      <StandingBadge endpoint={endpoint} />
    </Facts>
    {endpoint.lastError !== null && (
      <Text size="sm" c={endpoint.failingSince === null ? 'dimmed' : 'var(--bad)'} style={{ overflowWrap: 'anywhere' }}>
        Failed last: {endpoint.lastError}
      </Text>
    )}
  </Stack>
)

const Deliveries = ({ all, onLook }: { all: readonly Delivery[]; onLook: (eventId: string) => void }) => (
  <Listing
    of="deliveries"
    narrow="stacked"
    columns={['Event', 'Order', 'State', numbers('Requests'), 'Made', 'Next request']}
    rows={all}
    keyOf={({ eventId }) => eventId}
    empty={<Empty icon="webhooks" title="Nothing of that kind was sent in the last 30 days" />}
  >
    {({ eventId, eventType, orderId, state, attempts, createdAt, dueAt, endedAt }) => (
      <Table.Tr>
        <Table.Td>
          <Anchor component="button" type="button" size="sm" fw={550} onClick={() => onLook(eventId)}>
            {eventType}
          </Anchor>
        </Table.Td>
        <Table.Td data-label="Order" style={{ whiteSpace: 'nowrap' }}>
          <Anchor component={Link} to={`/orders/${orderId}`} size="sm">
            …{short(orderId)}
          </Anchor>
        </Table.Td>
        <Table.Td data-label="State">
          <StatusBadge state={state} />
        </Table.Td>
        <Table.Td data-label="Requests" className="number">
          {attempts}
        </Table.Td>
        <Table.Td data-label="Made" style={{ whiteSpace: 'nowrap' }}>
          {ago(createdAt)}
        </Table.Td>
        <Table.Td data-label="Next request" style={{ whiteSpace: 'nowrap' }}>
          {dueAt !== null
            ? `due ${new Date(dueAt) < new Date() ? 'now' : `at ${clockOf(dueAt)}`}`
            : endedAt === null
              ? '–'
              : `ended ${ago(endedAt)}`}
        </Table.Td>
      </Table.Tr>
    )}
  </Listing>
)
