import { Alert, Button, Group, NumberInput, SimpleGrid, Stack } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { RedriveRecovered } from '../../../../src/admin/contract/index.ts'
import { ReasonInput } from '../reason-dialog.tsx'
import { count } from '../words.ts'

/** So many are worth a canary. */
const MANY = 20

/** What is typed: a number, or nothing. */
type Care = Partial<Record<(typeof CARE)[number]['name'], number | string>>
const CARE = [
  { name: 'canary', label: 'Canary', description: 'So many go first', min: 1, max: 10_000 },
  { name: 'rate', label: 'Pace', description: 'At most, each second', min: 1, max: 10_000 },
  { name: 'share', label: 'Stop above', description: 'Share that fails again', suffix: ' %', min: 0, max: 100 },
] as const

function asOptions({ canary, rate, share }: Care): Omit<RedriveRecovered, 'reason'> {
  const isGiven = (value: number | string | undefined) => value !== undefined && value !== ''
  return {
    ...(isGiven(canary) && { canary: Number(canary) }),
    ...(isGiven(rate) && { rate: Number(rate) }),
    ...(isGiven(share) && { haltAbove: Number(share) / 100 }),
  }
}

interface Given {
  /** Dead letters that are selected. */
  total: number
  /** Of them, those that are delivered again. */
  sent: number
  redrive: { isPending: boolean; error: Error | null }
  onSubmit: (how: RedriveRecovered) => void
  onClose: () => void
  /** On the button. */
  verb?: string
  /** What is redriven. */
  children: ReactNode
}

/** How carefully dead letters are redriven, and why. */
export function Choices({ total, sent, redrive, onSubmit, onClose, children, verb = `Redrive ${count(sent)}` }: Given) {
  const isMany = total >= MANY
  const [reason, setReason] = useState('')
  const [care, setCare] = useState<Care>(isMany ? { canary: 10, rate: 50, share: 10 } : {})
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit({ reason, ...asOptions(care) })
      }}
    >
      <Stack>
        {children}
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
          <Button type="submit" loading={redrive.isPending} disabled={reason.trim().length < 3 || total === 0}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
