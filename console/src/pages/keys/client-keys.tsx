import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  Modal,
  NumberInput,
  Stack,
  Table,
  Text,
} from '@mantine/core'
import { useState } from 'react'
import { useKeyChange, useKeys, type ApiKey } from '../../api/queries.ts'
import { Card, Empty, Shown } from '../../parts/frame.tsx'
import { Listing } from '../../parts/listing.tsx'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { ago, momentOf } from '../../parts/words.ts'
import { OFFERED } from './scopes.ts'

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
            columns={['Key', 'May', 'State', 'Last used', '']}
            rows={all.toReversed()}
            keyOf={({ id }) => id}
            empty={<Empty icon="key" title={`${client} has no key yet`} />}
          >
            {(key) => <Row apiKey={key} onWish={(word) => setWish({ word, key })} />}
          </Listing>
        )}
      </Shown>
      {wish?.word === 'rotate' && <Rotate apiKey={wish.key} onClose={close} onMade={setShown} />}
      {wish?.word === 'revoke' && <Revoke apiKey={wish.key} onClose={close} />}
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
      <Table.Td>
        <Group gap={4} maw={360}>
          {scopes.map((scope) => (
            <Badge key={scope} color={scope === 'admin' ? 'red' : 'indigo'} tt="none">
              {scope}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Badge color={colour} tt="none">
          {word}
        </Badge>
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{ago(lastUsedAt)}</Table.Td>
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

interface OfKey {
  apiKey: ApiKey
  onClose: () => void
}

function Revoke({ apiKey: { id }, onClose }: OfKey) {
  const change = useKeyChange()
  return (
    <ReasonDialog
      title={`Revoke ${id}`}
      verb="Revoke"
      words="Nobody can use it any more after ten seconds. This cannot be undone."
      dangerous
      change={change}
      onSubmit={(reason) => change.mutate({ path: `/v1/keys/${id}/revoke`, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}

const OVERLAP_HOURS = 24

function Rotate({ apiKey: { id }, onClose, onMade }: OfKey & { onMade: (key: string) => void }) {
  const [hours, setHours] = useState<number | string>(OVERLAP_HOURS)
  const change = useKeyChange()
  const rotate = (reason: string) =>
    change.mutate(
      { path: `/v1/keys/${id}/rotate`, body: { overlapHours: Number(hours) }, reason },
      {
        onSuccess: ({ key }) => {
          onClose()
          onMade(key!)
        },
      },
    )
  return (
    <ReasonDialog
      title={`Rotate ${id}`}
      verb="Make the next key"
      words="The next key may do the same. The old one goes on for a while, in which the client changes over."
      change={change}
      onSubmit={rotate}
      onClose={onClose}
      ready={hours !== ''}
    >
      <NumberInput
        label="The old one goes on for"
        suffix=" hours"
        min={0}
        max={720}
        value={hours}
        onChange={setHours}
      />
    </ReasonDialog>
  )
}

/** Makes a key, and shows it this once. */
export function NewKeyButton({ client }: { client: string }) {
  const [asks, setAsks] = useState(false)
  const [shown, setShown] = useState<string>()
  return (
    <>
      <Button onClick={() => setAsks(true)}>New key …</Button>
      {asks && <NewKey client={client} onClose={() => setAsks(false)} onMade={setShown} />}
      {shown !== undefined && <ShownOnce apiKey={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}

interface Making {
  client: string
  onClose: () => void
  onMade: (key: string) => void
}

function NewKey({ client, onClose, onMade }: Making) {
  const [scopes, setScopes] = useState<string[]>(['orders:read', 'orders:write'])
  const [days, setDays] = useState<number | string>('')
  const [test, setTest] = useState(false)
  const change = useKeyChange()
  const make = (reason: string) =>
    change.mutate(
      {
        path: `/v1/clients/${client}/keys`,
        body: { scopes, test, ...(days !== '' && { expiresInDays: Number(days) }) },
        reason,
      },
      {
        onSuccess: ({ key }) => {
          onClose()
          onMade(key!)
        },
      },
    )
  return (
    <ReasonDialog
      title={`New key for ${client}`}
      verb="Make it"
      words="It is shown once, when it is made."
      change={change}
      onSubmit={make}
      onClose={onClose}
      ready={scopes.length > 0}
    >
      <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
        <Stack gap={6} mt={6}>
          {OFFERED.map(({ scope, words }) => (
            <Checkbox key={scope} value={scope} label={`${scope}: ${words}`} />
          ))}
        </Stack>
      </Checkbox.Group>
      <NumberInput
        label="Expires after"
        description="Empty: it does not"
        suffix=" days"
        min={1}
        max={3_650}
        value={days}
        onChange={setDays}
      />
      <Checkbox
        label="Its orders are tests"
        checked={test}
        onChange={({ currentTarget }) => setTest(currentTarget.checked)}
      />
    </ReasonDialog>
  )
}

const ShownOnce = ({ apiKey, onClose }: { apiKey: string; onClose: () => void }) => (
  <Modal opened onClose={onClose} title="The new key" centered>
    <Stack>
      <Alert color="orange">It is shown this once. Only its hash is stored.</Alert>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        {apiKey}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={apiKey}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  </Modal>
)
