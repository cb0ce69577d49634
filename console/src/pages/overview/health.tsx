import { Box, Group, SimpleGrid, Text } from '@mantine/core'
import type { Overview } from '../../../../src/admin/contract/index.ts'

const COLOURS = { ok: 'var(--ok)', late: 'var(--late)', away: 'var(--bad)' }
const WORDS = { ok: 'fine', late: 'late', away: 'away' }

/** Each part that an order needs. */
export const Health = ({ parts }: { parts: Overview['health'] }) => (
  <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="lg" verticalSpacing="md">
    {parts.map(({ name, state, detail }) => (
      <Box key={name}>
        <Group gap={8} wrap="nowrap">
          <Box w={9} h={9} bg={COLOURS[state]} style={{ borderRadius: '50%', flex: 'none' }} aria-hidden="true" />
          <Text size="sm" fw={600}>
            {name} <span style={{ fontWeight: 400, color: COLOURS[state] }}>{WORDS[state]}</span>
          </Text>
        </Group>
        <Text size="xs" c="dimmed" mt={2} style={{ overflowWrap: 'anywhere' }}>
          {detail}
        </Text>
      </Box>
    ))}
  </SimpleGrid>
)
