import { Checkbox, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { useEndpointChange, type Endpoint } from '../../api/webhooks.ts'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { counted } from '../../parts/words.ts'

interface Asked {
  endpoint: Endpoint
  onClose: () => void
}

/** Ends deliveries for a while, or takes them up again. */
export function SwitchDialog({ endpoint: { id, client, enabled, waiting }, onClose }: Asked) {
  const change = useEndpointChange(id)
  const verb = enabled ? 'Disable' : 'Enable'
  return (
    <ReasonDialog
      title={`${verb} the endpoint of ${client}`}
      verb={verb}
      words={
        enabled
          ? 'Nothing is sent to it until it is enabled. What happens meanwhile is brought by “Send again”.'
          : `It is sent what waits for it: ${counted(waiting, 'delivery', 'deliveries')}.`
      }
      change={change}
      onSubmit={(reason) =>
        change.mutate({ path: enabled ? 'disable' : 'enable', body: { reason } }, { onSuccess: onClose })
      }
      onClose={onClose}
    />
  )
}

const HOUR_MS = 3_600_000

/** One event again, or what happened in the last hours. */
export function RedeliverDialog({
  endpoint: { id, client },
  eventId,
  onClose,
}: Asked & { eventId?: string | undefined }) {
  const [hours, setHours] = useState<number | string>(1)
  const [all, setAll] = useState(false)
  const change = useEndpointChange(id)
  const send = (reason: string) => {
    const since = new Date(Date.now() - Number(hours) * HOUR_MS).toISOString()
    const range = { path: 'redeliver', body: { since, include: all ? 'all' : 'undelivered', reason } }
    const one = { path: `deliveries/${eventId}/redeliver`, body: { reason } }
    change.mutate(eventId === undefined ? range : one, { onSuccess: onClose })
  }
  return (
    <ReasonDialog
      title={`Send again to ${client}`}
      verb="Send again"
      words="Under the same webhook-id, so who has seen an event knows it again."
      change={change}
      onSubmit={send}
      onClose={onClose}
      ready={hours !== ''}
    >
      {eventId === undefined && (
        <>
          <NumberInput label="Of the last" suffix=" hours" min={1} max={720} value={hours} onChange={setHours} />
          <Checkbox
            label="Also what was delivered"
            checked={all}
            onChange={({ currentTarget }) => setAll(currentTarget.checked)}
          />
        </>
      )}
    </ReasonDialog>
  )
}
