import { Box, Group, Progress, Stack, Text } from '@mantine/core'
import type { Overview } from '../../../../src/admin/contract/index.ts'
import { colourOf } from '../../parts/status.tsx'
import { count } from '../../parts/words.ts'

/** How many orders are in each state. */
export function States({ states }: Pick<Overview, 'states'>) {
  const most = Math.max(1, ...states.map(({ orders }) => orders))
  return (
    <Stack gap={10}>
      {states.map(({ status, orders }) => (
        <Box key={status}>
          <Group justify="space-between" mb={3}>
            <Text size="sm" c={orders === 0 ? 'dimmed' : undefined}>
              {status}
            </Text>
            <Text size="sm" fw={600} c={orders === 0 ? 'dimmed' : undefined} className="number">
              {count(orders)}
            </Text>
          </Group>
          <Progress value={(100 * orders) / most} color={colourOf(status)} size={6} aria-hidden="true" />
        </Box>
      ))}
    </Stack>
  )
}
