import { NumberInput, SimpleGrid } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { RedriveRecovered } from '../../../../../src/admin/contract/index.ts'
import { CARE } from '../../../../../src/messaging/dead-letters/redrive/care.ts'
import type { Post } from '../../../api/ask.ts'
import { count } from '../../words.ts'
import { ReasonForm } from '../reason-dialog.tsx'
import type { Begin, Begun } from './steps.tsx'

/** So many are worth a canary. */
const MANY = 20

/** What is typed: a number, or nothing. */
type Care = Partial<Record<(typeof FIELDS)[number]['name'], number | string>>
const FIELDS = [
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

interface Given extends Begin {
  /** Dead letters that are selected. */
  total: number
  /** Of them, those that are delivered again. */
  sent: number
  send: (how: RedriveRecovered, post: Post) => Promise<Begun>
  /** What is redriven. */
  children: ReactNode
}

/** How carefully dead letters are redriven, and why. */
export function Choices({ total, sent, send, onBegun, onClose, children }: Given) {
  const isMany = total >= MANY
  const [care, setCare] = useState<Care>(
    isMany ? { canary: CARE.canary, rate: CARE.rate, share: CARE.haltAbove * 100 } : {},
  )
  return (
    <ReasonForm
      verb={`Redrive ${count(sent)}`}
      ready={total > 0}
      send={(reason, post) => send({ reason, ...asOptions(care) }, post)}
      onDone={(begun) => onBegun(begun, sent)}
      onClose={onClose}
    >
      {children}
      {isMany && (
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {FIELDS.map(({ name, label, description, ...limits }) => (
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
    </ReasonForm>
  )
}
