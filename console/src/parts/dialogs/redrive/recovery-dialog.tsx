import { Box, Text } from '@mantine/core'
import { admin } from '../../../api/ask.ts'
import { counted } from '../../words.ts'
import { Choices } from './choices.tsx'
import { Steps } from './steps.tsx'

interface Left {
  dependency: string
  reactions: string[]
  letters: number
}

/** What an outage has left, of every reaction, redriven as one. */
export const RecoveryDialog = ({
  left: { dependency, reactions, letters },
  onClose,
}: {
  left: Left
  onClose: () => void
}) => (
  <Steps title={`Redrive what the outage of ${dependency} left`} onClose={onClose}>
    {(begin) => (
      <Choices
        total={letters}
        sent={letters}
        send={(how, post) => post(admin(`recoveries/${encodeURIComponent(dependency)}/redrive`), how)}
        {...begin}
      >
        <Box className="said-first">
          <Text size="sm" fw={600}>
            {counted(letters, 'dead letter')} of {reactions.join(', ')}.
          </Text>
          <Text size="sm" c="dimmed">
            They failed while {dependency} was away. What was handled meanwhile is only closed.
          </Text>
        </Box>
      </Choices>
    )}
  </Steps>
)
