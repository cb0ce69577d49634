import { Box, Text } from '@mantine/core'
import { useRedriveRecovered } from '../../api/queries.ts'
import { counted } from '../words.ts'
import { Choices } from './choices.tsx'
import { Steps, type Begin } from './steps.tsx'

interface Left {
  dependency: string
  reactions: string[]
  letters: number
}

/** What an outage has left, of every reaction, redriven as one. */
export const RecoveryDialog = ({ left, onClose }: { left: Left; onClose: () => void }) => (
  <Steps title={`Redrive what ${left.dependency} has left`} onClose={onClose}>
    {(begin) => <RecoveryStep left={left} begin={begin} />}
  </Steps>
)

function RecoveryStep({ left: { dependency, reactions, letters }, begin }: { left: Left; begin: Begin }) {
  const redrive = useRedriveRecovered(dependency)
  return (
    <Choices
      total={letters}
      sent={letters}
      redrive={redrive}
      onSubmit={(how) => redrive.mutate(how, { onSuccess: begin.onBegun })}
      onClose={begin.onClose}
    >
      <Box p="md" bg="var(--ground-2)" style={{ borderRadius: 'var(--mantine-radius-md)' }}>
        <Text size="sm" fw={600}>
          {counted(letters, 'dead letter')} of {reactions.join(', ')}.
        </Text>
        <Text size="sm" c="dimmed">
          They failed at {dependency} while it was away. What has been handled meanwhile is only closed.
        </Text>
      </Box>
    </Choices>
  )
}
