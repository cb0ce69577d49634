import { Table, Text } from '@mantine/core'
import { useProjections } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Listing, numbers } from '../parts/listing.tsx'
import { StatusBadge } from '../parts/status.tsx'
import { count, duration } from '../parts/words.ts'

/** How far each read model has come. */
export function ProjectionsPage() {
  const projections = useProjections()
  return (
    <>
      <PageHead title="Projections" words="Read models, built from the event store in its order." />
      <Card flush>
        <Shown query={projections}>
          {({ projections: all }) => (
            <Listing
              columns={[
                'Projection',
                'State',
                numbers('Position'),
                numbers('Behind'),
                numbers('Age of the oldest'),
                'Kept by',
              ]}
              rows={all}
              keyOf={({ name }) => name}
              empty={<Empty icon="projections" title="No projection has run yet" />}
            >
              {({ name, version, state, reason, position, behind, lagSeconds, holder, rebuiltTo }) => (
                <Table.Tr>
                  <Table.Td>
                    <Text size="sm" fw={550}>
                      {name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      version {version}
                      {rebuiltTo !== null && `, a rebuild has come to ${count(Number(rebuiltTo))}`}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <StatusBadge state={state} />
                    {reason !== null && (
                      <Text size="xs" c="dimmed">
                        {reason}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td className="number">{count(Number(position))}</Table.Td>
                  <Table.Td className="number">{count(Number(behind))}</Table.Td>
                  <Table.Td className="number">{lagSeconds === 0 ? '–' : duration(lagSeconds * 1_000)}</Table.Td>
                  <Table.Td>
                    <Text size="sm" c={holder === null ? 'var(--bad)' : 'dimmed'}>
                      {holder ?? 'nobody'}
                    </Text>
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
