import { Alert, Button, Modal, Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { EditDraft } from '../../../../src/admin/contract/index.ts'
import { ofLetter, useDraft, useEditCheck } from '../../api/edits.ts'
import { Shown } from '../../parts/frame.tsx'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'
import { Differences } from '../../parts/message/differences.tsx'
import { counted } from '../../parts/words.ts'

interface Asked {
  reaction: string
  id: string
  onClose: () => void
}

/** What is asked of the server only when nobody types. */
const PAUSE_MS = 300

/** Other data for one dead letter, held against its schema while they are written. */
export function EditDialog({ reaction, id, onClose }: Asked) {
  const draft = useDraft({ reaction, id })
  if (draft.data) return <Editor draft={draft.data} {...{ reaction, id, onClose }} />
  return (
    <Modal opened onClose={onClose} title="Edit" size="xl" centered>
      <Shown query={draft} rows={8}>
        {() => null}
      </Shown>
    </Modal>
  )
}

function Editor({ draft, reaction, id, onClose }: Asked & { draft: EditDraft }) {
  const [text, setText] = useState(() => JSON.stringify(draft.data, null, 2))
  const [settled] = useDebouncedValue(text, PAUSE_MS)
  const check = useEditCheck({ reaction, id }, parsed(settled).data)
  const { data, fault } = parsed(text)
  const isCurrent = settled === text && !check.isPlaceholderData && !check.isFetching
  const problem = fault ?? (isCurrent ? (check.error?.message ?? check.data?.problem) : undefined)
  const changes = check.data?.changes ?? []
  const isWrong = problem != null && (changes.length > 0 || fault !== undefined)
  return (
    <ReasonDialog
      title={`Edit ${draft.eventType} for ${reaction}`}
      verb="Keep the edit"
      words="For this reaction alone: the event in the store stays as it is, and so does its id. It is sent by a redrive, and can be undone until then."
      size="xl"
      send={(reason, post) => post(`${ofLetter({ reaction, id })}/edit`, { data, basedOn: draft.editedAt, reason })}
      onClose={onClose}
      ready={isCurrent && check.data?.fits === true && fault === undefined}
    >
      <Textarea
        label="Data"
        description="••• is personal, and not shown. Left as it is, it stays as it is."
        autosize
        minRows={8}
        maxRows={14}
        spellCheck={false}
        data-autofocus
        classNames={{ input: 'code-input' }}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        aria-invalid={isWrong}
      />
      {isWrong && (
        <Alert color="red" role="alert" style={{ overflowWrap: 'anywhere' }}>
          {problem}
        </Alert>
      )}
      {changes.length === 0 ? (
        <Text size="sm" c="dimmed" role="status">
          Nothing is different yet.
        </Text>
      ) : (
        <div role="status">
          <Text size="sm" fw={600} mb={4}>
            {counted(changes.length, 'change')}
            {isCurrent && check.data?.fits === true && '; the data fit the schema of the event'}
          </Text>
          <Differences changes={changes} />
        </div>
      )}
    </ReasonDialog>
  )
}

function parsed(text: string): { data?: unknown; fault?: string } {
  try {
    return { data: JSON.parse(text) }
  } catch (error) {
    return { fault: `This is not JSON: ${(error as Error).message}` }
  }
}

/** What was edited, and not sent yet. */
export function EditedAlert({ reaction, id, onUndo }: Omit<Asked, 'onClose'> & { onUndo: () => void }) {
  const draft = useDraft({ reaction, id })
  const changes = draft.data?.changes ?? []
  if (changes.length === 0) return null
  return (
    <Alert color="grape" variant="outline" title="Edited, and not sent yet">
      <Differences changes={changes} />
      <Button variant="light" color="grape" size="compact-sm" mt="xs" onClick={onUndo}>
        Undo the edit …
      </Button>
    </Alert>
  )
}

export const UndoDialog = ({ onClose, ...letter }: Asked) => (
  <ReasonDialog
    title="Undo the edit"
    verb="Undo it"
    words="What was typed is dropped: a redrive sends the event as it stands in the store."
    send={(reason, post) => post(`${ofLetter(letter)}/undo-edit`, { reason })}
    onClose={onClose}
  />
)
