import { Checkbox, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { admin, type Post } from '../../api/ask.ts'
import type { Endpoint } from '../../api/webhooks.ts'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'
import { counted } from '../../parts/words.ts'

interface Asked {
  endpoint: Endpoint
  onClose: () => void
}

/** Ends deliveries for a while, or takes them up again. */
export function SwitchDialog({ endpoint: { id, client, enabled, waiting }, onClose }: Asked) {
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
      send={(reason, post) => post(admin(`webhooks/${id}/${enabled ? 'disable' : 'enable'}`), { reason })}
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
  const [opened] = useState(Date.now) // sent again, it is the same request
  const send = (reason: string, post: Post) => {
    const since = new Date(opened - Number(hours) * HOUR_MS).toISOString()
    return eventId === undefined
      ? post(admin(`webhooks/${id}/redeliver`), { since, include: all ? 'all' : 'undelivered', reason })
      : post(admin(`webhooks/${id}/deliveries/${eventId}/redeliver`), { reason })
  }
  return (
    <ReasonDialog
      title={`Send again to ${client}`}
      verb="Send again"
      words="Under the same webhook-id, so who has seen an event knows it again."
      send={send}
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
