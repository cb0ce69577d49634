import { Anchor, Table, Text } from '@mantine/core'
import { Link, useLocation, useSearchParams } from 'wouter'
import { useSearch } from '../../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { ago, money, momentOf, short } from '../../parts/words.ts'
import { useLive } from '../../api/live.ts'

/** Orders that were looked for; and without words, those that were placed a moment ago. */
export function OrdersPage() {
  const [params] = useSearchParams()
  const words = params.get('q') ?? ''
  return words === '' ? <Latest /> : <Found words={words} />
}

function Found({ words }: { words: string }) {
  const search = useSearch(words)
  const [, goTo] = useLocation()
  return (
    <>
      <PageHead title="Orders" words={`Looked for: ${words}`} />
      <Card flush>
        <Shown query={search}>
          {({ orders, found }) => (
            <Listing
              columns={['Order', 'State', 'Customer', numbers('Total'), 'Placed']}
              rows={orders}
              keyOf={({ id }) => id}
              empty={
                <Empty icon="search" title="No order was found">
                  {found === 'words'
                    ? 'Words are looked for in names, e-mail addresses, SKUs and tracking numbers; an id must be whole.'
                    : `There is ${found === 'event' ? 'an event' : 'a delivery'} with this id, and its order is not here.`}
                </Empty>
              }
            >
              {({ id, status, customer, total, placedAt }) => (
                <Table.Tr className="row-link" onClick={() => goTo(`/orders/${id}`)}>
                  <Table.Td>
                    <Anchor component={Link} to={`/orders/${id}`} size="sm" fw={550} title={id}>
                      …{short(id)}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <StatusBadge state={status} />
                  </Table.Td>
                  <Table.Td>{customer}</Table.Td>
                  <Table.Td className="number">{money(total)}</Table.Td>
                  <Table.Td title={momentOf(placedAt)} style={{ whiteSpace: 'nowrap' }}>
                    {ago(placedAt)}
                  </Table.Td>
                </Table.Tr>
              )}
            </Listing>
          )}
        </Shown>
      </Card>
    </>
  )
}

const SHOWN = 25

function Latest() {
  const { events } = useLive()
  const placed = events.filter(({ type }) => type === 'order.placed').slice(0, SHOWN)
  return (
    <>
      <PageHead
        title="Orders"
        words="Find one by its id, e-mail address, SKU, tracking number, or the id of an event."
      />
      <Card title="Placed since this page was opened" flush>
        <Listing
          rows={placed}
          keyOf={({ position }) => position}
          empty={
            <Empty icon="search" title="None yet">
              Press <b>/</b> to look for an order.
            </Empty>
          }
        >
          {({ correlationId, time, actor }) => (
            <Table.Tr>
              <Table.Td>
                <Anchor component={Link} to={`/orders/${correlationId}`} size="sm" fw={550}>
                  …{short(correlationId)}
                </Anchor>
              </Table.Td>
              <Table.Td>{actor}</Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  {ago(time)}
                </Text>
              </Table.Td>
            </Table.Tr>
          )}
        </Listing>
      </Card>
    </>
  )
}
