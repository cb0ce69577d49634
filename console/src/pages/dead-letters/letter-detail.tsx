import { Anchor, Badge, Button, Group, Stack, Tabs, Text, Timeline } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { LetterView } from '../../../../src/admin/contract/index.ts'
import { useLetter } from '../../api/queries.ts'
import { Card, Shown } from '../../parts/frame.tsx'
import { Payload } from '../../parts/message/payload.tsx'
import { usePageKeys } from '../../parts/page-keys.ts'
import { RedriveDialog } from '../../parts/dialogs/redrive/redrive-dialog.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { ago, cause, inWords, momentOf } from '../../parts/words.ts'
import { EditDialog, EditedAlert, UndoDialog } from './edit-dialog.tsx'

/** One delivery with everything that is known of it. */
export function LetterDetail({ reaction, id }: { reaction: string; id: string }) {
  const letter = useLetter(reaction, id)
  const [dialog, setDialog] = useState<'redrive' | 'edit' | 'undo'>()
  const close = () => setDialog(undefined)
  const isOpen = letter.data?.state === 'dead' && letter.data.standing === 'not handled'
  usePageKeys({ e: () => isOpen && setDialog('edit') })
  return (
    <Card
      title={letter.data?.eventType ?? 'Message'}
      aside={
        <Group gap="xs">
          {isOpen && (
            <Button variant="default" size="compact-sm" onClick={() => setDialog('edit')}>
              Edit …
            </Button>
          )}
          <Button variant="default" size="compact-sm" onClick={() => setDialog('redrive')}>
            Redrive this one …
          </Button>
        </Group>
      }
    >
      <Shown query={letter} rows={8}>
        {(known) => <Known letter={known} onUndo={() => setDialog('undo')} />}
      </Shown>
      {dialog === 'redrive' && <RedriveDialog reaction={reaction} selection={{ ids: [id] }} onClose={close} />}
      {dialog === 'edit' && <EditDialog reaction={reaction} id={id} onClose={close} />}
      {dialog === 'undo' && <UndoDialog reaction={reaction} id={id} onClose={close} />}
    </Card>
  )
}

function Known({ letter, onUndo }: { letter: LetterView; onUndo: () => void }) {
  const { state, reason, correlationId, standing, masked, message, history, stack, editedAt } = letter
  return (
    <Stack>
      <Group gap="xs">
        <StatusBadge state={state} />
        <Badge color="gray">{inWords(reason)}</Badge>
        <Badge color={standing === 'not handled' ? 'gray' : 'orange'}>{standing}</Badge>
        {editedAt !== null && <Badge color="grape">edited {ago(editedAt)}</Badge>}
        {correlationId !== null && (
          <Anchor component={Link} to={`/orders/${correlationId}`} size="sm" ml="auto">
            Story of its order
          </Anchor>
        )}
      </Group>
      {editedAt !== null && state === 'dead' && (
        <EditedAlert reaction={letter.reaction} id={letter.id} onUndo={onUndo} />
      )}
      <Tabs defaultValue="message" variant="outline">
        <Tabs.List>
          <Tabs.Tab value="message">Message</Tabs.Tab>
          <Tabs.Tab value="history">Attempts and repairs ({history.length})</Tabs.Tab>
          {stack !== null && <Tabs.Tab value="stack">Where it failed</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="message" pt="md">
          <Payload value={message} />
          {masked && (
            <Text size="xs" c="dimmed" mt={6}>
              Personal data are masked; <b>fanfare dead-letters show</b> prints them.
            </Text>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="md">
          <Timeline bulletSize={14} lineWidth={2} active={-1}>
            {history.map(({ at, what, attempt, error, by }) => (
              <Timeline.Item
                key={`${at} ${what}`}
                title={
                  <Text size="sm" fw={550} span>
                    {what}
                    {attempt > 0 && `, attempt ${attempt}`}
                  </Text>
                }
              >
                {error !== null && (
                  <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {cause(error)}
                  </Text>
                )}
                <Text size="xs" c="dimmed" lineClamp={2} title={by}>
                  {momentOf(at)}, {by}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        </Tabs.Panel>
        {stack !== null && (
          <Tabs.Panel value="stack" pt="md">
            <pre className="payload" tabIndex={0}>
              {stack}
            </pre>
          </Tabs.Panel>
        )}
      </Tabs>
    </Stack>
  )
}
