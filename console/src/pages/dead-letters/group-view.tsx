import { Button, Grid, Group, Kbd, Stack, Text, Tooltip } from '@mantine/core'
import { useState } from 'react'
import type { LetterList } from '../../../../src/admin/contract/index.ts'
import { useGroups, useLetters } from '../../api/queries.ts'
import { ChangeDialog } from '../../parts/dialogs/change-dialog.tsx'
import { Card, Empty, Shown } from '../../parts/frame.tsx'
import { Icon } from '../../parts/icons.tsx'
import { RedriveDialog } from '../../parts/dialogs/redrive/redrive-dialog.tsx'
import { usePageKeys } from '../../parts/page-keys.ts'
import { ago, cause, counted, inWords, momentOf, short } from '../../parts/words.ts'
import { LetterDetail } from './letter-detail.tsx'

interface Given {
  reaction: string
  group: string
}

/** All dead letters of one cause: look at one, then have all of them delivered again. */
export function GroupView({ reaction, group }: Given) {
  const letters = useLetters(reaction, group)
  const known = useGroups(reaction).data?.groups.find(({ fingerprint }) => fingerprint === group)
  const [dialog, setDialog] = useState<'redrive' | 'discard'>()
  usePageKeys({ r: () => setDialog('redrive'), d: () => setDialog('discard') })
  const close = () => setDialog(undefined)
  const selection = { group }
  return (
    <Stack gap="lg">
      {known && (
        <Group className="card bar-left" style={{ '--bar': 'var(--bad)' }} px="lg" py="md" justify="space-between">
          <div style={{ flex: '1 1 320px', minWidth: 0 }}>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {cause(known.error)}
            </Text>
            <Text size="sm" c="dimmed">
              {counted(known.count, 'dead letter')} of {known.eventType ?? 'messages that cannot be read'},{' '}
              {inWords(known.reason)}; the latest {ago(known.newest)}. What failed: {known.failureClass}.
            </Text>
            <Text size="sm" fw={550} mt={4} style={{ overflowWrap: 'anywhere' }}>
              {known.sentence}
            </Text>
          </div>
          <Group gap="xs">
            <Button variant="default" onClick={() => setDialog('discard')}>
              Discard …
            </Button>
            <Button onClick={() => setDialog('redrive')} leftSection={<Icon name="repeat" size={16} />}>
              Redrive all …
            </Button>
          </Group>
        </Group>
      )}
      <Shown query={letters}>{(page) => <Letters reaction={reaction} page={page} />}</Shown>
      {dialog === 'redrive' && <RedriveDialog reaction={reaction} selection={selection} onClose={close} />}
      {dialog === 'discard' && (
        <ChangeDialog
          reaction={reaction}
          selection={selection}
          word="discard"
          said={known && `${counted(known.count, 'dead letter')} of this cause, not only the one that is shown.`}
          onClose={close}
        />
      )}
    </Stack>
  )
}

/** The letter that is looked at stays, whatever becomes of it and of the others: somebody may be editing it. */
function Letters({ reaction, page: { letters, next } }: { reaction: string; page: LetterList }) {
  const [chosen, setChosen] = useState<string>()
  if (chosen === undefined && letters[0] !== undefined) setChosen(letters[0].id)
  const at = letters.findIndex(({ id }) => id === chosen)
  const choose = (index: number) => setChosen(letters[index]?.id ?? chosen)
  usePageKeys({ j: () => choose(at + 1), k: () => choose(Math.max(0, at - 1)) })
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: chosen === undefined ? 12 : 4 }}>
        <Card title="Letters" aside={<Keys />} flush>
          {letters.length === 0 && <Empty title="This cause is repaired">No dead letter of it is left.</Empty>}
          <div className="letter-list" role="listbox" hidden={letters.length === 0} aria-label="Dead letters">
            {letters.map((letter, index) => (
              <button
                key={letter.id}
                type="button"
                role="option"
                aria-selected={index === at}
                className="row-link plain-row letter-row"
                data-selected={index === at}
                onClick={() => choose(index)}
              >
                <Text size="sm" ff="monospace">
                  …{short(letter.correlationId ?? letter.id)}
                </Text>
                <Text size="xs" c="dimmed" title={momentOf(letter.failedAt)}>
                  {counted(letter.attempts, 'attempt')}, {ago(letter.failedAt)}
                  {letter.edited && ', edited'}
                </Text>
              </button>
            ))}
          </div>
          {next !== null && (
            <Text size="xs" c="dimmed" p="sm" ta="center">
              The latest {letters.length}; the others are of the same cause.
            </Text>
          )}
        </Card>
      </Grid.Col>
      {chosen !== undefined && (
        <Grid.Col span={{ base: 12, md: 8 }}>
          <LetterDetail key={chosen} reaction={reaction} id={chosen} />
        </Grid.Col>
      )}
    </Grid>
  )
}

const KEYS = 'j and k choose, e edits, r redrives all, d discards all'

const Keys = () => (
  <Tooltip label={KEYS}>
    <Group gap={4} visibleFrom="sm" aria-label={`Keys: ${KEYS}`} role="img">
      {['j', 'k', 'e', 'r', 'd'].map((key) => (
        <Kbd key={key} size="xs">
          {key}
        </Kbd>
      ))}
    </Group>
  </Tooltip>
)
