import { Anchor, Breadcrumbs, Table, Text } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useEndpoints, type Endpoint } from '../../api/webhooks.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { ago, count } from '../../parts/words.ts'
import { EndpointView } from './endpoint-view.tsx'
import { StandingBadge } from './standing-badge.tsx'

/** Who is told of what happens, and whether they answer. */
export function WebhooksPage({ id }: { id: string | undefined }) {
  const endpoints = useEndpoints()
  const chosen = endpoints.data?.webhooks.find((one) => one.id === id)
  if (chosen)
    return (
      <>
        <PageHead title="Webhooks" words={<Way endpoint={chosen} />} />
        <EndpointView key={chosen.id} endpoint={chosen} />
      </>
    )
  return (
    <>
      <PageHead title="Webhooks" words="Endpoints of clients that are told of what happens to their orders." />
      <Card flush>
        <Shown query={endpoints}>
          {({ webhooks }) => (id === undefined ? <Endpoints all={webhooks} /> : <NotHere />)}
        </Shown>
      </Card>
    </>
  )
}

const NotHere = () => (
  <Empty icon="search" title="This endpoint is not here">
    <Anchor component={Link} to="/webhooks" size="sm">
      All endpoints
    </Anchor>
  </Empty>
)

const Way = ({ endpoint: { client, url } }: { endpoint: Endpoint }) => (
  <Breadcrumbs style={{ flexWrap: 'wrap' }}>
    <Anchor component={Link} to="/webhooks" size="sm">
      All endpoints
    </Anchor>
    <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
      {client}: {url}
    </Text>
  </Breadcrumbs>
)

/** What does not work stands first. */
const trouble = ({ disabledBecause, failingSince }: Endpoint) =>
  failingSince !== null || (disabledBecause !== null && disabledBecause !== 'asked') ? 0 : 1

function Endpoints({ all }: { all: readonly Endpoint[] }) {
  const [, goTo] = useLocation()
  return (
    <Listing
      of="endpoints"
      narrow="stacked"
      columns={['Endpoint', 'Client', 'State', numbers('Waiting'), 'Delivered last']}
      rows={all.toSorted((a, b) => trouble(a) - trouble(b) || a.client.localeCompare(b.client))}
      keyOf={({ id }) => id}
      empty={
        <Empty icon="webhooks" title="No client has an endpoint">
          A client makes one by POST /v1/webhooks, with a key that has the scope webhooks.
        </Empty>
      }
    >
      {(endpoint) => (
        <Table.Tr className="row-link" onClick={() => goTo(`/webhooks/${endpoint.id}`)}>
          <Table.Td style={{ maxWidth: 380 }}>
            <Anchor
              component={Link}
              to={`/webhooks/${endpoint.id}`}
              size="sm"
              fw={550}
              style={{ overflowWrap: 'anywhere' }}
            >
              {endpoint.url}
            </Anchor>
            <Text size="xs" c="dimmed" lineClamp={1}>
              {endpoint.description ||
                (endpoint.eventTypes.length === 0 ? 'all events' : endpoint.eventTypes.join(', '))}
            </Text>
          </Table.Td>
          <Table.Td data-label="Client">{endpoint.client}</Table.Td>
          <Table.Td data-label="State">
            <div>
              <StandingBadge endpoint={endpoint} />
              {endpoint.lastError !== null && (
                <Text size="xs" c="dimmed" lineClamp={2} maw={300}>
                  {endpoint.lastError}
                </Text>
              )}
            </div>
          </Table.Td>
          <Table.Td data-label="Waiting" className="number">
            {count(endpoint.waiting)}
          </Table.Td>
          <Table.Td data-label="Delivered last" style={{ whiteSpace: 'nowrap' }}>
            {ago(endpoint.lastDeliveredAt)}
          </Table.Td>
        </Table.Tr>
      )}
    </Listing>
  )
}
