import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { useDelivery, type Endpoint } from '../../api/webhooks.ts'
import { Empty, Shown } from '../../parts/frame.tsx'
import { Listing, numbers } from '../../parts/listing.tsx'
import { duration, momentOf } from '../../parts/words.ts'

interface Asked {
  endpoint: Endpoint
  eventId: string
  onRedeliver: () => void
  onClose: () => void
}

/** Each request of one delivery, how it was answered, and how long that took. */
export function AttemptsDialog({ endpoint, eventId, onRedeliver, onClose }: Asked) {
  const delivery = useDelivery(endpoint.id, eventId)
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${delivery.data?.eventType ?? 'Event'} to ${endpoint.client}`}
      size="xl"
      centered
    >
      <Shown query={delivery}>
        {({ log }) => (
          <Stack>
            <Text size="xs" c="dimmed" ff="monospace">
              webhook-id {eventId}
            </Text>
            <Listing
              of="requests"
              narrow="stacked"
              columns={['At', 'Answer', numbers('Took')]}
              rows={log}
              keyOf={({ at }) => at}
              empty={<Empty icon="webhooks" title="It was not sent yet" />}
            >
              {({ at, status, answer, error, durationMs }) => (
                <Table.Tr>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>{momentOf(at)}</Table.Td>
                  <Table.Td data-label="Answer">
                    <div>
                      <Text size="sm" fw={550} c={error === null ? undefined : 'var(--bad)'}>
                        {status ?? 'no answer'}
                      </Text>
                      <Text size="xs" c="dimmed" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
                        {error ?? answer}
                      </Text>
                    </div>
                  </Table.Td>
                  <Table.Td data-label="Took" className="number">
                    {duration(durationMs)}
                  </Table.Td>
                </Table.Tr>
              )}
            </Listing>
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Close
              </Button>
              <Button onClick={onRedeliver}>Send again …</Button>
            </Group>
          </Stack>
        )}
      </Shown>
    </Modal>
  )
}
