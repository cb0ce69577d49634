import { Alert, Box, Button, ColorSwatch, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import type { ActionView } from '../../../../../src/admin/contract/index.ts'
import { useAction } from '../../../api/queries.ts'
import { Shown } from '../../frame.tsx'
import { StatusBadge } from '../../status.tsx'
import { count } from '../../words.ts'

/** What becomes of a redrive, from its beginning to its end. */
export function Course({ actionId, onClose }: { actionId: string; onClose: () => void }) {
  const action = useAction(actionId)
  return (
    <Shown query={action} rows={3}>
      {(known) => (
        <Stack>
          <Group justify="space-between">
            <Text fw={600}>{known.finishedAt ? 'It has ended.' : 'Under way …'}</Text>
            <StatusBadge state={known.outcome ?? 'running'} />
          </Group>
          <Outcome action={known} />
          {!known.finishedAt && (
            <Text size="xs" c="dimmed">
              It goes on when this window is closed; the log of operators tells how it ended.
            </Text>
          )}
          <Group justify="flex-end">
            <Button onClick={onClose}>{known.finishedAt ? 'Done' : 'Close'}</Button>
          </Group>
        </Stack>
      )}
    </Shown>
  )
}

function Outcome({ action: { progress, result } }: { action: ActionView }) {
  const { handled = 0, deadAgain = 0, retrying = 0, inFlight = 0 } = progress ?? {}
  const all = Math.max(1, handled + deadAgain + retrying + inFlight, Number(result?.['total'] ?? 0))
  const why = typeof result?.['why'] === 'string' ? result['why'] : ''
  const parts = [
    { name: 'handled', value: handled, colour: 'teal' },
    { name: 'failed, tried again later', value: retrying, colour: 'yellow' },
    { name: 'dead again', value: deadAgain, colour: 'red' },
    { name: 'on their way', value: inFlight, colour: 'gray' },
  ]
  return (
    <>
      <Progress.Root size={14} aria-hidden="true">
        {parts.map(({ name, value, colour }) => (
          <Progress.Section key={name} value={(100 * value) / all} color={colour} />
        ))}
      </Progress.Root>
      <SimpleGrid cols={{ base: 2, xs: 4 }} aria-live="polite">
        {parts.map(({ name, value, colour }) => (
          <Box key={name}>
            <Text fw={650} size="lg">
              {count(value)}
            </Text>
            <Text size="xs" c="dimmed">
              <ColorSwatch
                color={`var(--mantine-color-${colour}-filled)`}
                size={8}
                component="span"
                withShadow={false}
                mr={5}
                display="inline-block"
              />
              {name}
            </Text>
          </Box>
        ))}
      </SimpleGrid>
      {why && <Alert color="orange">{why}</Alert>}
    </>
  )
}
