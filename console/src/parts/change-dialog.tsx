import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange, type ChangeWord, type Selection } from '../api/queries.ts'

const TITLES: Record<ChangeWord, string> = {
  discard: 'Discard',
  restore: 'Restore',
  retry: 'Retry now',
  hold: 'Hold back',
}
const SENTENCES: Record<ChangeWord, string> = {
  discard: 'They are closed: this reaction will not handle these events. Restore undoes it.',
  restore: 'They are dead letters again, and can be redriven.',
  retry: 'What is tried again later, or held back, is due now. The attempts made so far count.',
  hold: 'They are kept back until somebody has them retried.',
}

interface Asked {
  reaction: string
  selection: Selection
  word: ChangeWord
  onClose: () => void
  onDone?: () => void
}

/** Asks why, does it, and says when it could not be done. */
export function ChangeDialog({ reaction, selection, word, onClose, onDone }: Asked) {
  const [reason, setReason] = useState('')
  const change = useChange(reaction, word)
  const run = () =>
    change.mutate(
      { ...selection, reason },
      {
        onSuccess: () => {
          onClose()
          onDone?.()
        },
      },
    )
  return (
    <Modal opened onClose={onClose} title={`${TITLES[word]}: ${reaction}`} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {SENTENCES[word]}
          </Text>
          <ReasonInput value={reason} onChange={setReason} />
          {change.error && <Alert color="red">{change.error.message}</Alert>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <Button
              type="submit"
              color={word === 'discard' ? 'red' : undefined}
              loading={change.isPending}
              disabled={reason.trim().length < 3}
            >
              {TITLES[word]}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Every change of an operator says why. */
export const ReasonInput = ({ value, onChange }: { value: string; onChange: (value: string) => void }) => (
  <TextInput
    label="Why"
    description="Stands in the log of operators"
    placeholder="The mail server is back"
    required
    data-autofocus
    value={value}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
)
