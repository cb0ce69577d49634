import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'

interface Given {
  title: string
  /** On the button. */
  verb: string
  words: ReactNode
  size?: 'md' | 'lg' | 'xl'
  /** It cannot be undone. */
  dangerous?: boolean
  /** How the change goes. */
  change: { isPending: boolean; error: Error | null }
  onSubmit: (reason: string) => void
  onClose: () => void
  /** More to fill in. */
  children?: ReactNode
  /** What is filled in makes sense. @default true */
  ready?: boolean
}

/** Asks why, and says when it could not be done. */
export function ReasonDialog({ title, verb, words, change, onSubmit, onClose, ...more }: Given) {
  const { dangerous = false, children, ready = true, size = 'md' } = more
  const [reason, setReason] = useState('')
  return (
    <Modal opened onClose={onClose} title={title} size={size} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit(reason)
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed" component="div">
            {words}
          </Text>
          {children}
          <ReasonInput value={reason} onChange={setReason} />
          {change.error && <Alert color="red">{change.error.message}</Alert>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <Button
              type="submit"
              color={dangerous ? 'red' : undefined}
              loading={change.isPending}
              disabled={!ready || reason.trim().length < 3}
            >
              {verb}
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
