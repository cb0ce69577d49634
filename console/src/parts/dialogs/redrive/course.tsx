import { Alert, Box, Button, ColorSwatch, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import type { ActionView } from '../../../../../src/admin/contract/index.ts'
import { useAction } from '../../../api/queries.ts'
import { Shown } from '../../frame.tsx'
import { StatusBadge } from '../../status.tsx'
import { count } from '../../words.ts'

/** What becomes of a redrive, from its beginning to its end. */
export function Course({ actionId, letters, onClose }: { actionId: string; letters: number; onClose: () => void }) {
  const action = useAction(actionId)
  return (
    <Shown query={action} rows={3}>
      {(known) => (
        <Stack>
          <Group justify="space-between">
            <Text fw={600}>
              {known.finishedAt ? 'It has ended.' : `Under way: ${count(sentOf(known))} of ${count(letters)} sent`}
            </Text>
            <StatusBadge state={known.outcome ?? 'running'} />
          </Group>
          <Outcome action={known} letters={letters} />
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

const outcomesOf = ({ progress }: ActionView) => ({ handled: 0, deadAgain: 0, retrying: 0, inFlight: 0, ...progress })

function sentOf(action: ActionView): number {
  const { handled, deadAgain, retrying, inFlight } = outcomesOf(action)
  return handled + deadAgain + retrying + inFlight
}

/** The rest of the bar is what is not sent yet, or never was. */
function Outcome({ action, letters }: { action: ActionView; letters: number }) {
  const { handled, deadAgain, retrying, inFlight } = outcomesOf(action)
  const { result } = action
  const all = Math.max(1, sentOf(action), letters, Number(result?.['total'] ?? 0))
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
