import { Anchor, Badge, Button, Group, Stack, Tabs, Text, Timeline } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { LetterView } from '../../../../src/admin/contract/index.ts'
import { useLetter } from '../../api/queries.ts'
import { Card, Shown } from '../../parts/frame.tsx'
import { Payload } from '../../parts/payload.tsx'
import { RedriveDialog } from '../../parts/redrive-dialog.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { ago, momentOf } from '../../parts/words.ts'

/** One delivery with everything that is known of it. */
export function LetterDetail({ reaction, id }: { reaction: string; id: string }) {
  const letter = useLetter(reaction, id)
  const [redrives, setRedrives] = useState(false)
  return (
    <Card
      title={letter.data?.eventType ?? 'Message'}
      aside={
        <Button variant="default" size="compact-sm" onClick={() => setRedrives(true)}>
          Redrive this one …
        </Button>
      }
    >
      <Shown query={letter} rows={8}>
        {(known) => <Known letter={known} />}
      </Shown>
      {redrives && <RedriveDialog reaction={reaction} selection={{ ids: [id] }} onClose={() => setRedrives(false)} />}
    </Card>
  )
}

function Known({ letter }: { letter: LetterView }) {
  const { state, reason, correlationId, standing, masked, message, history, stack, editedAt } = letter
  return (
    <Stack>
      <Group gap="xs">
        <StatusBadge state={state} />
        <Badge color="gray" tt="none">
          {reason}
        </Badge>
        <Badge color={standing === 'not handled' ? 'gray' : 'orange'} tt="none">
          {standing}
        </Badge>
        {editedAt !== null && (
          <Badge color="grape" tt="none">
            edited {ago(editedAt)}
          </Badge>
        )}
        {correlationId !== null && (
          <Anchor component={Link} to={`/orders/${correlationId}`} size="sm" ml="auto">
            Story of its order
          </Anchor>
        )}
      </Group>
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
                    {error}
                  </Text>
                )}
                <Text size="xs" c="dimmed">
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
