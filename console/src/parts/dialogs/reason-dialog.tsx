import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { createPost, type Post } from '../../api/ask.ts'

interface Change<Answer> {
  /** On the button. */
  verb: string
  words?: ReactNode
  /** It cannot be undone. */
  dangerous?: boolean
  /** More to fill in. */
  children?: ReactNode
  /** What is filled in makes sense. @default true */
  ready?: boolean
  /** @param post carries out once what is sent again because its answer was lost */
  send: (reason: string, post: Post) => Promise<Answer>
  onDone?: (answer: Answer) => void
  onClose: () => void
}

/** The one way to change something: asks why, and says when it could not be done. Then everything shown is asked for anew. */
export function ReasonForm<Answer>({ verb, words, children, send, onDone, onClose, ...more }: Change<Answer>) {
  const { dangerous = false, ready = true } = more
  const [reason, setReason] = useState('')
  const queries = useQueryClient()
  const [post] = useState(createPost)
  const change = useMutation({
    mutationFn: (why: string) => send(why, post),
    onSuccess: () => void queries.invalidateQueries(),
    gcTime: 0,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(reason, { onSuccess: (answer) => onDone?.(answer) })
      }}
    >
      <Stack>
        {words !== undefined && (
          <Text size="sm" c="dimmed" component="div">
            {words}
          </Text>
        )}
        {children}
        <TextInput
          label="Why"
          description="Stands in the log of operators"
          placeholder="In a few words"
          required
          autoFocus // where it comes after the dialog has opened
          data-autofocus
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
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
  )
}

/** The same above the page; it closes when the change is made. */
export const ReasonDialog = <Answer,>({ title, size = 'md', onDone, ...change }: Change<Answer> & Shape) => (
  <Modal opened onClose={change.onClose} title={title} size={size} centered>
    <ReasonForm
      {...change}
      onDone={(answer) => {
        onDone?.(answer)
        change.onClose()
      }}
    />
  </Modal>
)

interface Shape {
  title: string
  size?: 'md' | 'lg' | 'xl'
}
