import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { ActionList } from '../../../src/admin/contract/index.ts'
import { useActions } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Listing } from '../parts/listing.tsx'
import { StatusBadge } from '../parts/status.tsx'
import { ago, count, inWords, momentOf } from '../parts/words.ts'

type Action = ActionList['actions'][number]

/** Who repaired what, and why: by this console, the command line or a program. */
export function LogPage() {
  const actions = useActions()
  return (
    <>
      <PageHead title="Operators" words="Who changed what, and why. Nobody can change or delete this." />
      <Card flush>
        <Shown query={actions}>
          {({ actions: all }) => (
            <Listing
              of="actions of operators"
              narrow="stacked"
              columns={['When', 'Who', 'What', 'Outcome', 'Why']}
              rows={all}
              keyOf={({ actionId }) => actionId}
              empty={<Empty icon="log" title="No operator has changed anything yet" />}
            >
              {(action) => <Row action={action} />}
            </Listing>
          )}
        </Shown>
      </Card>
    </>
  )
}

const Row = ({
  action: { begunAt, operator, action, reaction, selector, outcome, result, reason },
}: {
  action: Action
}) => (
  <Table.Tr>
    <Table.Td title={momentOf(begunAt)} style={{ whiteSpace: 'nowrap' }}>
      {ago(begunAt)}
    </Table.Td>
    <Table.Td data-label="Who">{operator}</Table.Td>
    <Table.Td data-label="What">
      <div>
        <Text size="sm" fw={550} span>
          {inWords(action)}
        </Text>{' '}
        {reaction !== '' && (
          <Anchor component={Link} to={`/dead-letters/${reaction}`} size="sm">
            {reaction}
          </Anchor>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {selectedBy(selector)}
        </Text>
      </div>
    </Table.Td>
    <Table.Td data-label="Outcome">
      <div>
        <StatusBadge state={outcome ?? 'running'} />
        <Text size="xs" c="dimmed" maw={280} style={{ overflowWrap: 'anywhere' }}>
          {toldOf(result)}
        </Text>
      </div>
    </Table.Td>
    <Table.Td data-label="Why">
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {reason ?? '–'}
      </Text>
    </Table.Td>
  </Table.Tr>
)

/** What was meant: `client web-shop, key 1f0c9a2e`; of many ids how many. */
const selectedBy = (selector: Action['selector']) =>
  Object.entries(selector)
    .flatMap(([name, value]) => {
      if (Array.isArray(value))
        return [
          value.length === 1
            ? `${inWords(name).replace(/s$/, '')} ${String(value[0])}`
            : `${count(value.length)} ${inWords(name)}`,
        ]
      if (value === true) return [inWords(name)]
      return typeof value === 'string' || typeof value === 'number' ? [`${inWords(name)} ${value}`] : []
    })
    .join(', ')

/** What it did; and where it was halted or failed, why. */
const toldOf = (result: Action['result']) =>
  Object.entries(result ?? {})
    .flatMap(([name, value]) => {
      if (name === 'why' && typeof value === 'string' && value !== '') return [value]
      return typeof value === 'number' && value > 0 ? [`${count(value)} ${inWords(name)}`] : []
    })
    .join(', ')
