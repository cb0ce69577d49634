import { NumberInput } from '@mantine/core'
import { useState } from 'react'
import type { ApiKey } from '../../api/queries.ts'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'

interface OfKey {
  apiKey: ApiKey
  onClose: () => void
}

export const RevokeDialog = ({ apiKey: { id }, onClose }: OfKey) => (
  <ReasonDialog
    title={`Revoke ${id}`}
    verb="Revoke"
    words="Nobody can use it any more after ten seconds. This cannot be undone."
    dangerous
    send={(reason, post) => post(`/v1/keys/${id}/revoke?reason=${encodeURIComponent(reason)}`)}
    onClose={onClose}
  />
)

const OVERLAP_HOURS = 24

export function RotateDialog({ apiKey: { id }, onClose, onMade }: OfKey & { onMade: (key: string) => void }) {
  const [hours, setHours] = useState<number | string>(OVERLAP_HOURS)
  return (
    <ReasonDialog
      title={`Rotate ${id}`}
      verb="Make the next key"
      words="The next key may do the same. The old one goes on for a while, in which the client changes over."
      send={(reason, post) => post<{ key: string }>(`/v1/keys/${id}/rotate`, { overlapHours: Number(hours), reason })}
      onDone={({ key }) => onMade(key)}
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
