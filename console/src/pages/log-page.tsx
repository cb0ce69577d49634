import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { ActionList } from '../../../src/admin/contract/index.ts'
import { useActions } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { StatusBadge } from '../parts/status.tsx'
import { ago, momentOf } from '../parts/words.ts'

type Action = ActionList['actions'][number]

/** Who repaired what, and why: by this console, the command line or a program. */
export function LogPage() {
  const actions = useActions()
  return (
    <>
      <PageHead title="Operators" words="Who changed what, and why. Nobody can change or delete this." />
      <Card flush>
        <Shown query={actions}>
          {({ actions: all }) =>
            all.length === 0 ? (
              <Empty icon="log" title="No operator has changed anything yet" />
            ) : (
              <div className="table-scroll">
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>When</Table.Th>
                      <Table.Th>Who</Table.Th>
                      <Table.Th>What</Table.Th>
                      <Table.Th>Outcome</Table.Th>
                      <Table.Th>Why</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((action) => (
                      <Row key={action.actionId} action={action} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            )
          }
        </Shown>
      </Card>
    </>
  )
}

const Row = ({ action: { begunAt, operator, action, reaction, outcome, result, reason } }: { action: Action }) => (
  <Table.Tr>
    <Table.Td title={momentOf(begunAt)} style={{ whiteSpace: 'nowrap' }}>
      {ago(begunAt)}
    </Table.Td>
    <Table.Td>{operator}</Table.Td>
    <Table.Td>
      <Text size="sm" fw={550} span>
        {action}
      </Text>{' '}
      <Anchor component={Link} to={`/dead-letters/${reaction}`} size="sm">
        {reaction}
      </Anchor>
    </Table.Td>
    <Table.Td>
      <StatusBadge state={outcome ?? 'running'} />
      <Text size="xs" c="dimmed">
        {countsOf(result)}
      </Text>
    </Table.Td>
    <Table.Td>
      <Text size="sm" c="dimmed">
        {reason ?? '–'}
      </Text>
    </Table.Td>
  </Table.Tr>
)

const WORDS: Record<string, string> = {
  alreadyHandled: 'handled before',
  deadAgain: 'dead again',
  inFlight: 'in flight',
}

const countsOf = (result: Action['result']) =>
  Object.entries(result ?? {})
    .filter(([, value]) => typeof value === 'number' && value > 0)
    .map(([name, value]) => `${value} ${WORDS[name] ?? name}`)
    .join(', ')
