import { Button, Checkbox, NumberInput, Stack } from '@mantine/core'
import { useState } from 'react'
import type { Post } from '../../api/ask.ts'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'
import { OFFERED } from './scopes.ts'
import { ShownOnce } from './shown-once.tsx'

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
  const make = (reason: string, post: Post) =>
    post<{ key: string }>(`/v1/clients/${client}/keys`, {
      scopes,
      test,
      ...(days !== '' && { expiresInDays: Number(days) }),
      reason,
    })
  return (
    <ReasonDialog
      title={`New key for ${client}`}
      verb="Make it"
      words="It is shown once, when it is made."
      send={make}
      onDone={({ key }) => onMade(key)}
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
