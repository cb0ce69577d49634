import { Badge, Button, Code, Group, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useKeys, type ApiKey } from '../../api/queries.ts'
import { Card, Empty, Shown } from '../../parts/frame.tsx'
import { Listing } from '../../parts/listing.tsx'
import { ago, momentOf } from '../../parts/words.ts'
import { RevokeDialog, RotateDialog } from './key-dialogs.tsx'
import { ShownOnce } from './shown-once.tsx'

type Wish = { word: 'rotate' | 'revoke'; key: ApiKey }

/** The keys of a client, without the keys themselves. */
export function ClientKeys({ client }: { client: string }) {
  const keys = useKeys(client)
  const [wish, setWish] = useState<Wish>()
  const [shown, setShown] = useState<string>()
  const close = () => setWish(undefined)
  return (
    <Card flush>
      <Shown query={keys}>
        {({ keys: all }) => (
          <Listing
            of={`keys of ${client}`}
            narrow="stacked"
            columns={['Key', 'May', 'State', 'Last used', '']}
            rows={all.toReversed()}
            keyOf={({ id }) => id}
            empty={<Empty icon="key" title={`${client} has no key yet`} />}
          >
            {(key) => <Row apiKey={key} onWish={(word) => setWish({ word, key })} />}
          </Listing>
        )}
      </Shown>
      {wish?.word === 'rotate' && <RotateDialog apiKey={wish.key} onClose={close} onMade={setShown} />}
      {wish?.word === 'revoke' && <RevokeDialog apiKey={wish.key} onClose={close} />}
      {shown !== undefined && <ShownOnce apiKey={shown} onClose={() => setShown(undefined)} />}
    </Card>
  )
}

function stateOf({ revokedAt, expiresAt }: ApiKey): { word: string; colour: string; usable: boolean } {
  if (revokedAt !== null) return { word: `ended ${ago(revokedAt)}`, colour: 'gray', usable: false }
  if (expiresAt === null) return { word: 'in use', colour: 'teal', usable: true }
  const isOver = new Date(expiresAt) < new Date()
  return isOver
    ? { word: `expired ${ago(expiresAt)}`, colour: 'gray', usable: false }
    : { word: `until ${momentOf(expiresAt)}`, colour: 'yellow', usable: true }
}

function Row({ apiKey, onWish }: { apiKey: ApiKey; onWish: (word: Wish['word']) => void }) {
  const { id, scopes, test, createdAt, lastUsedAt } = apiKey
  const { word, colour, usable } = stateOf(apiKey)
  return (
    <Table.Tr>
      <Table.Td>
        <Code>{id}</Code>
        <Text size="xs" c="dimmed" title={momentOf(createdAt)}>
          made {ago(createdAt)}
          {test && ', for tests'}
        </Text>
      </Table.Td>
      <Table.Td data-label="May">
        <Group gap={4} maw={360}>
          {scopes.map((scope) => (
            <Badge key={scope} color={scope === 'admin' ? 'red' : 'indigo'}>
              {scope}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td data-label="State">
        <div>
          <Badge color={colour}>{word}</Badge>
        </div>
      </Table.Td>
      <Table.Td data-label="Last used" style={{ whiteSpace: 'nowrap' }}>
        {ago(lastUsedAt)}
      </Table.Td>
      <Table.Td>
        {usable && (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <Button variant="default" size="compact-sm" onClick={() => onWish('rotate')}>
              Rotate …
            </Button>
            <Button variant="default" size="compact-sm" onClick={() => onWish('revoke')}>
              Revoke …
            </Button>
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
