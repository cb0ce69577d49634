import { Alert, Box, Button, Group, Modal, NumberInput, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActionView, Plan, Redrive } from '../../../src/admin/contract/index.ts'
import { useAction, usePlan, useRedrive, type Selection } from '../api/queries.ts'
import { ReasonInput } from './reason-dialog.tsx'
import { Shown } from './frame.tsx'
import { StatusBadge } from './status.tsx'
import { count, counted } from './words.ts'

interface Asked {
  reaction: string
  selection: Selection
  onClose: () => void
}

/** A redrive in three steps: what would happen, how carefully, and what becomes of it. */
export function RedriveDialog({ reaction, selection, onClose }: Asked) {
  const [actionId, setActionId] = useState<string>()
  const queries = useQueryClient()
  const close = () => {
    onClose()
    void queries.invalidateQueries()
  }
  return (
    <Modal opened onClose={close} title={`Redrive: ${reaction}`} size="lg" centered>
      {actionId === undefined ? (
        <PlanStep reaction={reaction} selection={selection} onBegun={setActionId} onClose={close} />
      ) : (
        <Course actionId={actionId} onClose={close} />
      )}
    </Modal>
  )
}

interface Step extends Asked {
  onBegun: (actionId: string) => void
}

function PlanStep({ reaction, selection, onBegun, onClose }: Step) {
  const plan = usePlan(reaction, selection)
  return (
    <Shown query={plan} rows={3}>
      {(known) => <Choices plan={known} {...{ reaction, selection, onBegun, onClose }} />}
    </Shown>
  )
}

/** So many are worth a canary. */
const MANY = 20

/** What is typed: a number, or nothing. */
type Care = Partial<Record<(typeof CARE)[number]['name'], number | string>>
const CARE = [
  { name: 'canary', label: 'Canary', description: 'So many go first', min: 1, max: 10_000 },
  { name: 'rate', label: 'Pace', description: 'At most, each second', min: 1, max: 10_000 },
  { name: 'share', label: 'Stop above', description: 'Share that fails again', suffix: ' %', min: 0, max: 100 },
] as const

function asOptions({ canary, rate, share }: Care): Pick<Redrive, 'canary' | 'rate' | 'haltAbove'> {
  const isGiven = (value: number | string | undefined) => value !== undefined && value !== ''
  return {
    ...(isGiven(canary) && { canary: Number(canary) }),
    ...(isGiven(rate) && { rate: Number(rate) }),
    ...(isGiven(share) && { haltAbove: Number(share) / 100 }),
  }
}

function Choices({ plan, reaction, selection, onBegun, onClose }: Step & { plan: Plan }) {
  const isMany = plan.total >= MANY
  const [reason, setReason] = useState('')
  const [care, setCare] = useState<Care>(isMany ? { canary: 10, rate: 50, share: 10 } : {})
  const redrive = useRedrive(reaction)
  const sent = plan.total - plan.alreadyHandled - plan.undeliverable
  const run = () => {
    redrive.mutate({ ...selection, reason, ...asOptions(care) }, { onSuccess: ({ actionId }) => onBegun(actionId) })
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        run()
      }}
    >
      <Stack>
        <PlanTable plan={plan} />
        {isMany && (
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            {CARE.map(({ name, label, description, ...limits }) => (
              <NumberInput
                key={name}
                label={label}
                description={description}
                value={care[name]}
                onChange={(value) => setCare({ ...care, [name]: value })}
                {...limits}
              />
            ))}
          </SimpleGrid>
        )}
        <ReasonInput value={reason} onChange={setReason} />
        {redrive.error && <Alert color="red">{redrive.error.message}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={redrive.isPending} disabled={reason.trim().length < 3 || plan.total === 0}>
            {`Redrive ${count(sent)}`}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function PlanTable({ plan: { total, alreadyHandled, undeliverable, kinds } }: { plan: Plan }) {
  if (total === 0) return <Alert color="gray">Nothing fits any more: it was repaired meanwhile.</Alert>
  return (
    <Box p="md" bg="var(--ground-2)" style={{ borderRadius: 'var(--mantine-radius-md)' }}>
      <Text size="sm" fw={600}>
        {counted(total, 'dead letter')} {total === 1 ? 'is' : 'are'} selected.
      </Text>
      {kinds.map(({ eventType, reason, count: number }) => (
        <Text key={`${eventType} ${reason}`} size="sm" c="dimmed">
          {count(number)} × {eventType ?? 'unreadable'}, {reason}
        </Text>
      ))}
      {alreadyHandled > 0 && (
        <Text size="sm" c="dimmed">
          {count(alreadyHandled)} were handled meanwhile and are only closed.
        </Text>
      )}
      {undeliverable > 0 && (
        <Text size="sm" c="dimmed">
          {count(undeliverable)} cannot be delivered and stay: discard them.
        </Text>
      )}
    </Box>
  )
}

function Course({ actionId, onClose }: { actionId: string; onClose: () => void }) {
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
          <Text size="xs" c="dimmed">
            It goes on when this window is closed; the log of operators tells how it ended.
          </Text>
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
        {parts.map(({ name, value }) => (
          <Box key={name}>
            <Text fw={650} size="lg">
              {count(value)}
            </Text>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
          </Box>
        ))}
      </SimpleGrid>
      {why && <Alert color="orange">{why}</Alert>}
    </>
  )
}
