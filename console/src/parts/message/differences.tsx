import { Text } from '@mantine/core'
import type { CheckedEdit } from '../../../../src/admin/contract/index.ts'

type Difference = CheckedEdit['changes'][number]

/** What is different between two messages, a place beneath the other: before, and after. */
export const Differences = ({ changes }: { changes: readonly Difference[] }) => (
  <ul className="differences" aria-label="What is different">
    {changes.map((change) => (
      <li key={change.pointer}>
        <Text size="xs" c="dimmed" ff="monospace">
          {change.pointer === '' ? 'all of it' : change.pointer}
        </Text>
        {'before' in change && <del>{JSON.stringify(change.before)}</del>}
        {'after' in change && <ins>{JSON.stringify(change.after)}</ins>}
      </li>
    ))}
  </ul>
)
