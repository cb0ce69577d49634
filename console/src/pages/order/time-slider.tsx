import { Button, Group, Slider, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Picture } from '../../../../src/admin/contract/index.ts'
import { duration } from '../../parts/words.ts'

interface Given {
  moments: Picture['moments']
  /** Which of the moments; undefined is now. */
  step: number | undefined
  onStep: (step: number | undefined) => void
  /** What the order was then. */
  state: ReactNode
}

/** Goes through the moments at which something happened, one by one: keys work as well. */
export function TimeSlider({ moments, step, onStep, state }: Given) {
  const last = moments.length - 1
  const at = Math.min(step ?? last, last)
  return (
    <Group mt="md" gap="md" wrap="nowrap" align="center" style={{ flexWrap: 'wrap' }}>
      <Slider
        style={{ flex: '1 1 260px' }}
        min={0}
        max={last}
        value={at}
        onChange={(value) => onStep(value === last ? undefined : value)}
        label={null}
        thumbLabel="Moment of the story"
        thumbProps={{ 'aria-valuetext': duration(moments[at]!.ms) }}
        size={4}
        thumbSize={18}
      />
      <Group gap="xs" wrap="nowrap" miw={210} justify="flex-end">
        <Text size="sm" miw={74} className="number">
          {step === undefined ? 'now' : duration(moments[at]!.ms)}
        </Text>
        {state}
        {step !== undefined && (
          <Button variant="subtle" size="compact-xs" onClick={() => onStep(undefined)}>
            Now
          </Button>
        )}
      </Group>
    </Group>
  )
}
