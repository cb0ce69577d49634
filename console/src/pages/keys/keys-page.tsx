import { Anchor, Breadcrumbs, Button, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useClients } from '../../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'
import { count, momentOf } from '../../parts/words.ts'
import { ClientKeys } from './client-keys.tsx'
import { NewKeyButton } from './new-key.tsx'

/** Who may ask the API, and for what. */
export const KeysPage = ({ client }: { client: string | undefined }) =>
  client === undefined ? <Clients /> : <OneClient client={client} />

function OneClient({ client }: { client: string }) {
  return (
    <>
      <PageHead
        title="API keys"
        words={
          <Breadcrumbs>
            <Anchor component={Link} to="/keys" size="sm">
              All clients
            </Anchor>
            <Text size="sm">{client}</Text>
          </Breadcrumbs>
        }
        actions={<NewKeyButton client={client} />}
      />
      <ClientKeys client={client} />
    </>
  )
}

function Clients() {
  const clients = useClients()
  const [adds, setAdds] = useState(false)
  const [, goTo] = useLocation()
  return (
    <>
      <PageHead
        title="API keys"
        words="Clients, such as shops, carriers and support desks. Orders belong to a client, and its keys share them."
        actions={<Button onClick={() => setAdds(true)}>New client …</Button>}
      />
      <Card flush>
        <Shown query={clients}>
          {({ clients: all }) => (
            <Listing
              of="clients"
              narrow="stacked"
              columns={['Client', numbers('Keys in use'), 'Since']}
              rows={all}
              keyOf={({ name }) => name}
              empty={<Empty icon="key" title="There is no client yet" />}
            >
              {({ name, keys, createdAt }) => (
                <Table.Tr className="row-link" onClick={() => goTo(`/keys/${name}`)}>
                  <Table.Td>
                    <Anchor component={Link} to={`/keys/${name}`} size="sm" fw={550}>
                      {name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td data-label="Keys in use" className="number">
                    {count(keys)}
                  </Table.Td>
                  <Table.Td data-label="Since">{momentOf(createdAt)}</Table.Td>
                </Table.Tr>
              )}
            </Listing>
          )}
        </Shown>
      </Card>
      {adds && <NewClient onClose={() => setAdds(false)} onMade={(name) => goTo(`/keys/${name}`)} />}
    </>
  )
}

function NewClient({ onClose, onMade }: { onClose: () => void; onMade: (name: string) => void }) {
  const [name, setName] = useState('')
  return (
    <ReasonDialog
      title="New client"
      verb="Make it"
      words="It can do nothing before it has a key."
      send={(reason, post) => post('/v1/clients', { name, reason })}
      onDone={() => onMade(name)}
      onClose={onClose}
      ready={name !== ''}
    >
      <TextInput
        label="Name"
        description="a-z, 0-9 and -, a letter first"
        placeholder="web-shop"
        required
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
    </ReasonDialog>
  )
}
