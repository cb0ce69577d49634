import { Box, Group, Stack, Table, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Goods, Pieces } from '../../api/goods.ts'
import { Card } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { count, money } from '../../parts/words.ts'

/** Where each piece is: cancelled, in a parcel, or back again. */
export function GoodsCard({ goods: { lines, shipments, returns = [], fulfillmentStatus } }: { goods: Goods }) {
  return (
    <Card title="Goods" aside={<StatusBadge state={fulfillmentStatus} />} flush>
      <Listing
        of="products"
        narrow="tiles"
        columns={['Product', numbers('Ordered'), numbers('Cancelled'), numbers('Shipped'), numbers('Returned')]}
        rows={lines}
        keyOf={({ sku }) => sku}
        empty={null}
      >
        {({ sku, name, quantity, ...parts }) => (
          <Table.Tr>
            <Table.Td miw={150}>
              <Text size="sm" fw={550}>
                {name}
              </Text>
              <Text size="xs" c="dimmed">
                {sku}
              </Text>
            </Table.Td>
            <Many of="Ordered" value={quantity} />
            <Many of="Cancelled" value={parts.cancelled} />
            <Many of="Shipped" value={parts.shipped} />
            <Many of="Returned" value={parts.returned} />
          </Table.Tr>
        )}
      </Listing>
      <Moved title="Parcels">
        {shipments.map(({ carrier, trackingNumber, status, lines: within }) => (
          <Group key={trackingNumber} component="li" gap="xs" wrap="nowrap" align="flex-start">
            <StatusBadge state={status} />
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {told(within)}, with {carrier} as {trackingNumber}
            </Text>
          </Group>
        ))}
      </Moved>
      <Moved title="Came back">
        {returns.map(({ id, amount, lines: within }) => (
          <Text key={id} component="li" size="sm">
            {within.map((one) => `${told([one])}${one.restocked ? '' : ', not to be sold again'}`).join('; ')}:{' '}
            {money(amount)}
          </Text>
        ))}
      </Moved>
    </Card>
  )
}

const Many = ({ of: column, value }: { of: string; value: number }) => (
  <Table.Td data-label={column} className="number" c={value === 0 ? 'dimmed' : undefined}>
    {value === 0 ? '–' : count(value)}
  </Table.Td>
)

const Moved = ({ title, children }: { title: string; children: readonly ReactNode[] }) =>
  children.length > 0 && (
    <Box px="lg" py="md" style={{ borderTop: '1px solid var(--line)' }}>
      <Title order={3} size="sm" mb={6}>
        {title}
      </Title>
      <Stack component="ul" gap={6} p={0} m={0} style={{ listStyle: 'none' }}>
        {children}
      </Stack>
    </Box>
  )

const told = (pieces: readonly Pieces[]) => pieces.map(({ sku, quantity }) => `${count(quantity)} × ${sku}`).join(', ')
