import { Alert, Box, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReplayPlanView } from '../../../../src/admin/contract/index.ts'
import { ofReaction } from '../../api/ask.ts'
import { useReplayPlan } from '../../api/queries.ts'
import { Shown } from '../../parts/frame.tsx'
import { ReasonDialog } from '../../parts/dialogs/reason-dialog.tsx'
import { count, counted } from '../../parts/words.ts'

/** Events of the past to one reaction: first what would be delivered, then why. */
export function ReplayDialog({ reaction, onClose }: { reaction: string; onClose: () => void }) {
  const [from, setFrom] = useState('')
  const isPosition = /^\d{0,18}$/.test(from)
  const plan = useReplayPlan(reaction, isPosition ? from : '')
  return (
    <ReasonDialog
      title={`Replay: ${reaction}`}
      verb={plan.data ? `Replay ${count(plan.data.delivered)}` : 'Replay'}
      words="Has events of the past delivered to this reaction that it has not handled."
      send={(reason, post) => post(`${ofReaction(reaction)}/replay`, { reason, ...(from !== '' && { from }) })}
      onClose={onClose}
      ready={isPosition && (plan.data?.delivered ?? 0) > 0}
    >
      <TextInput
        label="After position"
        description="Of the event store; empty for all of history"
        inputMode="numeric"
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
        error={isPosition ? undefined : 'A position is a whole number'}
      />
      <Shown query={plan} rows={2}>
        {(known) => <Plan plan={known} />}
      </Shown>
    </ReasonDialog>
  )
}

const Plan = ({ plan: { delivered, events, handled, kept, types, to, callsOut } }: { plan: ReplayPlanView }) => (
  <>
    <Box className="said-first">
      <Text size="sm" fw={600}>
        {delivered === 0 ? 'Nothing is left to deliver.' : `${counted(delivered, 'event')} would be delivered.`}
      </Text>
      <Text size="sm" c="dimmed">
        Of {counted(events, 'event')} of {types.join(', ')}, up to position {count(Number(to))}.
      </Text>
      {handled > 0 && (
        <Text size="sm" c="dimmed">
          {count(handled)} were handled before and are left out.
        </Text>
      )}
      {kept > 0 && (
        <Text size="sm" c="dimmed">
          {count(kept)} are retried, held, dead or discarded, and left out.
        </Text>
      )}
    </Box>
    {callsOut && delivered > 0 && (
      <Alert color="orange">This reaction acts outside of the system: mails may go out, money may move.</Alert>
    )}
  </>
)
