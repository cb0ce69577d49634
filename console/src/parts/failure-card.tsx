import { Anchor, Box, Button, Code, Group, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { Failure } from '../../../src/admin/contract/index.ts'
import { useRepair, type Repair } from './dialogs/repair.tsx'
import { ago, count, counted, short } from './words.ts'

const COLOURS: Record<Failure['severity'], string> = {
  error: 'var(--bad)',
  warning: 'var(--late)',
  info: 'var(--ink-2)',
}
const WORDS: Record<string, string> = {
  dead: 'Given up',
  overdue: 'Overdue',
  unpublished: 'Not published',
  waiting: 'Waits on its queue',
  retrying: 'Tried again',
  postponed: 'Waits',
  blocked: 'Blocked',
  held: 'Held back',
  discarded: 'Discarded',
  projection: 'Read model',
  breaker: 'Something is away',
  paused: 'Paused',
  recovered: 'Left of an outage',
  'newer-release': 'Needs a newer release',
}

/** What failed, without the names of errors that say nothing more. */
const withoutNames = (sentence: string) => sentence.replace(/: (?:Error|Unrecoverable): /, ': ')

/** What does not move: why, for how many orders, and what repairs it. */
export function FailureCard({ failure, ofOrder = false }: { failure: Failure; ofOrder?: boolean }) {
  const { kind, severity, sentence, orders, example, since, failureClass, changed, command, repair } = failure
  const colour = COLOURS[severity]
  return (
    <Box className="card bar-left" style={{ '--bar': colour }} px="lg" py="md" component="li">
      <Group justify="space-between" align="flex-start" gap="md" wrap="nowrap" style={{ flexWrap: 'wrap' }}>
        <Stack gap={4} style={{ flex: '1 1 320px', minWidth: 0 }}>
          <Group gap="xs">
            <Text size="xs" fw={700} c={colour}>
              {WORDS[kind] ?? kind}
              {failureClass !== null && `: ${failureClass}`}
            </Text>
            <Text size="xs" c="dimmed">
              {orders > 0 &&
                !ofOrder &&
                `${counted(orders, kind === 'recovered' ? 'dead letter' : 'order')}, the oldest `}
              {ago(since)}
            </Text>
          </Group>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {withoutNames(sentence)}
          </Text>
          {changed !== null && (
            <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
              {changed}
            </Text>
          )}
          {command !== null && (
            <Text size="xs" c="dimmed">
              Repair: <Code>{command}</Code>
            </Text>
          )}
        </Stack>
        <Group gap="xs">
          {example !== null && !ofOrder && (
            <Anchor component={Link} to={`/orders/${example}`} size="sm" title={example}>
              Order …{short(example)}
            </Anchor>
          )}
          {repair !== null && <RepairButton repair={repair} />}
        </Group>
      </Group>
    </Box>
  )
}

const NAMES: Record<Repair['action'], string> = {
  redrive: 'Redrive …',
  retry: 'Retry now …',
  restore: 'Restore …',
  resume: 'Resume …',
  'redrive-recovered': 'Redrive …',
}

function RepairButton({ repair }: { repair: Repair }) {
  const open = useRepair()
  const { action } = repair
  const isRedrive = action === 'redrive' || action === 'redrive-recovered'
  return (
    <>
      {action === 'redrive' && repair.group !== null && (
        <Button component={Link} to={`/dead-letters/${repair.reaction}/${repair.group}`} variant="default">
          Look
        </Button>
      )}
      <Button variant={isRedrive ? 'filled' : 'light'} onClick={() => open(repair)}>
        {action === 'redrive-recovered' ? `Redrive ${count(repair.letters)} as one …` : NAMES[action]}
      </Button>
    </>
  )
}
