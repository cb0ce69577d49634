import { Anchor, Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import type { FoundOrders } from '../../../../src/admin/contract/index.ts'
import { useLatestOrders, useSearch } from '../../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { ago, money, momentOf, short } from '../../parts/words.ts'

/** Orders that were looked for; and without words, the latest. */
export function OrdersPage() {
  const [params] = useSearchParams()
  const words = params.get('q') ?? ''
  return words === '' ? <Latest /> : <Found words={words} />
}

const Latest = () => (
  <>
    <PageHead
      title="Orders"
      words="The latest. Find one by its id, number, name, e-mail address, SKU, tracking number, or the id of an event."
    />
    <Card flush>
      <Shown query={useLatestOrders()} rows={10}>
        {({ orders }) => (
          <Orders
            orders={orders}
            empty={
              <Empty icon="search" title="No order has been placed yet">
                Orders come in by POST /v1/orders.
              </Empty>
            }
          />
        )}
      </Shown>
    </Card>
  </>
)

const NOT_FOUND: Record<string, string> = {
  event: 'There is an event with this id, and its order is not here.',
  delivery: 'There is a delivery with this id, and its order is not here.',
}

const Found = ({ words }: { words: string }) => (
  <>
    <PageHead title="Orders" words={`Looked for: ${words}`} />
    <Card flush>
      <Shown query={useSearch(words)}>
        {({ orders, found }) => (
          <Orders
            orders={orders}
            empty={
              <Empty icon="search" title="No order was found">
                {NOT_FOUND[found] ??
                  'Words are looked for in names, e-mail addresses, SKUs and tracking numbers; an id must be whole.'}{' '}
                <Anchor component={Link} to="/orders" size="sm">
                  The latest orders
                </Anchor>
              </Empty>
            }
          />
        )}
      </Shown>
    </Card>
  </>
)

function Orders({ orders, empty }: { orders: FoundOrders['orders']; empty: ReactNode }) {
  const [, goTo] = useLocation()
  return (
    <Listing
      of="orders"
      narrow="stacked"
      columns={['Order', 'State', 'Customer', numbers('Total'), 'Placed']}
      rows={orders}
      keyOf={({ id }) => id}
      empty={empty}
    >
      {({ id, number, status, customer, total, placedAt }) => (
        <Table.Tr className="row-link" onClick={() => goTo(`/orders/${id}`)}>
          <Table.Td style={{ whiteSpace: 'nowrap' }}>
            <Anchor component={Link} to={`/orders/${id}`} size="sm" fw={550} title={id}>
              {number ?? `…${short(id)}`}
            </Anchor>
          </Table.Td>
          <Table.Td data-label="State">
            <div>
              <StatusBadge state={status} />
            </div>
          </Table.Td>
          <Table.Td data-label="Customer">{customer}</Table.Td>
          <Table.Td data-label="Total" className="number">
            {money(total)}
          </Table.Td>
          <Table.Td data-label="Placed" title={momentOf(placedAt)} style={{ whiteSpace: 'nowrap' }}>
            {ago(placedAt)}
          </Table.Td>
        </Table.Tr>
      )}
    </Listing>
  )
}
