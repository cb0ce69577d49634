import { Anchor, Breadcrumbs, Stack, Table, Text } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useDeadLetters, useGroups } from '../../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { ago, cause, count, counted, inWords } from '../../parts/words.ts'
import { GroupView } from './group-view.tsx'

interface Place {
  reaction: string | undefined
  group: string | undefined
}

/** From the reactions that gave up, to a cause, to a message, to its repair. */
export function DeadLettersPage({ reaction, group }: Place) {
  return (
    <>
      <PageHead title="Dead letters" words={<Way reaction={reaction} group={group} />} />
      {reaction === undefined ? (
        <Reactions />
      ) : group === undefined ? (
        <Groups reaction={reaction} />
      ) : (
        <GroupView key={group} reaction={reaction} group={group} />
      )}
    </>
  )
}

function Way({ reaction, group }: Place) {
  if (reaction === undefined) return 'What reactions gave up on. Nothing of it is lost: repair the cause, then redrive.'
  return (
    <Breadcrumbs>
      <Anchor component={Link} to="/dead-letters" size="sm">
        All reactions
      </Anchor>
      {group === undefined ? (
        <Text size="sm">{reaction}</Text>
      ) : (
        <Anchor component={Link} to={`/dead-letters/${reaction}`} size="sm">
          {reaction}
        </Anchor>
      )}
      {group !== undefined && <Text size="sm">one cause</Text>}
    </Breadcrumbs>
  )
}

function Reactions() {
  const summary = useDeadLetters()
  const [, goTo] = useLocation()
  return (
    <Card flush>
      <Shown query={summary}>
        {({ reactions }) => (
          <Listing
            of="reactions with dead letters"
            narrow="stacked"
            columns={[
              'Reaction',
              numbers('Dead'),
              numbers('Causes'),
              numbers('In flight'),
              'Newest',
              'Most frequent error',
            ]}
            rows={reactions}
            keyOf={({ reaction }) => reaction}
            empty={
              <Empty title="There are no dead letters">
                When a reaction gives up on an event, the event waits here with everything that is known about it.
              </Empty>
            }
          >
            {({ reaction, count: dead, groups, inFlight, newest, topError }) => (
              <Table.Tr className="row-link" onClick={() => goTo(`/dead-letters/${reaction}`)}>
                <Table.Td>
                  <Anchor component={Link} to={`/dead-letters/${reaction}`} size="sm" fw={550}>
                    {reaction}
                  </Anchor>
                </Table.Td>
                <Table.Td data-label="Dead" className="number">
                  {count(dead)}
                </Table.Td>
                <Table.Td data-label="Causes" className="number">
                  {count(groups)}
                </Table.Td>
                <Table.Td data-label="In flight" className="number">
                  {count(inFlight)}
                </Table.Td>
                <Table.Td data-label="Newest" style={{ whiteSpace: 'nowrap' }}>
                  {ago(newest)}
                </Table.Td>
                <Table.Td data-label="Most frequent">
                  <Text size="sm" c="dimmed" lineClamp={2} title={topError ?? ''}>
                    {topError === null ? '–' : cause(topError)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            )}
          </Listing>
        )}
      </Shown>
    </Card>
  )
}

const between = (oldest: string, newest: string) => (oldest === newest ? newest : `from ${oldest} to ${newest}`)

function Groups({ reaction }: { reaction: string }) {
  const groups = useGroups(reaction)
  const [, goTo] = useLocation()
  return (
    <Card title="By cause" flush>
      <Shown query={groups}>
        {({ groups: known }) =>
          known.length === 0 ? (
            <Empty title={`${reaction} has no dead letters`} />
          ) : (
            <Stack gap={0}>
              {known.map(
                ({ fingerprint, count: dead, eventType, reason, error, failureClass, sentence, oldest, newest }) => (
                  <button
                    key={fingerprint}
                    type="button"
                    className="row-link plain-row group-row"
                    onClick={() => goTo(`/dead-letters/${reaction}/${fingerprint}`)}
                  >
                    <Text fw={680} size="xl" className="number" miw={{ base: 36, sm: 56 }}>
                      {count(dead)}
                    </Text>
                    <div style={{ minWidth: 0 }}>
                      <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
                        {cause(error)}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {eventType ?? 'unreadable'} · {failureClass} · {inWords(reason)} · {counted(dead, 'letter')},{' '}
                        {between(ago(oldest), ago(newest))}
                      </Text>
                      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                        {sentence}
                      </Text>
                    </div>
                  </button>
                ),
              )}
            </Stack>
          )
        }
      </Shown>
    </Card>
  )
}
