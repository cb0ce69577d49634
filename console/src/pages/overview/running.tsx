import { Table, Text } from '@mantine/core'
import type { Overview } from '../../../../src/admin/contract/index.ts'
import { Empty } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { ago, count, momentOf } from '../../parts/words.ts'

/** Which processes run, and of which release. */
export const Running = ({ running: { processes, sentence } }: Pick<Overview, 'running'>) => (
  <>
    {sentence !== null && (
      <Text size="sm" fw={600} c="var(--late)" px="lg" pb="sm">
        {sentence}
      </Text>
    )}
    <Listing
      of="processes"
      narrow="stacked"
      columns={['Process', 'Release', numbers('Processes'), 'Since']}
      rows={processes}
      keyOf={({ service, release, runs }) => `${service} ${release} ${runs.join(' ')}`}
      empty={<Empty title="No process has said that it runs" />}
    >
      {({ service, release, runs, processes: replicas, since }) => (
        <Table.Tr>
          <Table.Td miw={190}>
            <Text size="sm" fw={550}>
              {service}
            </Text>
            <Text size="xs" c="dimmed" lineClamp={2} title={runs.join(', ')} style={{ overflowWrap: 'anywhere' }}>
              {runs.join(', ')}
            </Text>
          </Table.Td>
          <Table.Td data-label="Release">{release}</Table.Td>
          <Table.Td data-label="Processes" className="number">
            {count(replicas)}
          </Table.Td>
          <Table.Td data-label="Since" style={{ whiteSpace: 'nowrap' }} title={momentOf(since)}>
            {ago(since)}
          </Table.Td>
        </Table.Tr>
      )}
    </Listing>
  </>
)
