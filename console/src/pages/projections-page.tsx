import { Table, Text } from '@mantine/core'
import { useProjections } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Listing, numbers } from '../parts/listing.tsx'
import { StatusBadge } from '../parts/status.tsx'
import { count, duration, processName } from '../parts/words.ts'

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
              of="projections"
              narrow="stacked"
              columns={[
                'Projection',
                'State',
                numbers('Position'),
                numbers('Events behind'),
                numbers('Time behind'),
                'Kept by',
              ]}
              rows={all}
              keyOf={({ name }) => name}
              empty={<Empty icon="projections" title="No projection has run yet" />}
            >
              {({ name, version, state, reason, position, behind, lagSeconds, holder, rebuiltTo }) => (
                <Table.Tr>
                  <Table.Td>
                    <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
                      {name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      version {version}
                      {rebuiltTo !== null && `, a rebuild has come to ${count(Number(rebuiltTo))}`}
                    </Text>
                  </Table.Td>
                  <Table.Td data-label="State">
                    <div>
                      <StatusBadge state={state} />
                      {reason !== null && (
                        <Text size="xs" c="dimmed">
                          {reason}
                        </Text>
                      )}
                    </div>
                  </Table.Td>
                  <Table.Td data-label="Position" className="number">
                    {count(Number(position))}
                  </Table.Td>
                  <Table.Td data-label="Events behind" className="number">
                    {behind === '0' ? '–' : count(Number(behind))}
                  </Table.Td>
                  <Table.Td data-label="Time behind" className="number">
                    {lagSeconds === 0 ? '–' : duration(lagSeconds * 1_000)}
                  </Table.Td>
                  <Table.Td data-label="Kept by">
                    <Text size="sm" c={holder === null ? 'var(--bad)' : 'dimmed'} title={holder ?? undefined}>
                      {holder === null ? 'nobody' : processName(holder)}
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
