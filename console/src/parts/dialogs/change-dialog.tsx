import { Text } from '@mantine/core'
import { ofLetters, ofReaction } from '../../api/ask.ts'
import type { Selection } from '../../api/queries.ts'
import { ReasonDialog } from './reason-dialog.tsx'

const CHANGES = {
  discard: {
    verb: 'Discard',
    words: 'They are closed: this reaction will not handle these events. fanfare dead-letters restore undoes it.',
  },
  restore: { verb: 'Restore', words: 'They are dead letters again, and can be redriven.' },
  retry: {
    verb: 'Retry now',
    words: 'What is tried again later, or held back, is due now. The attempts made so far count.',
  },
  hold: { verb: 'Hold back', words: 'They are kept back until somebody has them retried.' },
  pause: {
    verb: 'Pause',
    words:
      'Every process stops running it within seconds, and finishes what it has in hand. What it is owed waits until somebody resumes it.',
  },
  resume: { verb: 'Resume', words: 'It goes on within seconds, with everything that has waited.' },
}

interface Asked {
  reaction: string
  /** Which of its deliveries; without it the reaction itself is meant. */
  selection?: Selection
  word: keyof typeof CHANGES
  /** Said first: how many they are. */
  said?: string | undefined
  onClose: () => void
}

/** What is done to a reaction, or to deliveries of it, at once. */
export function ChangeDialog({ reaction, selection, word, said, onClose }: Asked) {
  const path = selection === undefined ? ofReaction(reaction) : ofLetters(reaction)
  return (
    <ReasonDialog
      title={`${CHANGES[word].verb}: ${reaction}`}
      verb={CHANGES[word].verb}
      words={
        <>
          {said !== undefined && (
            <Text size="sm" fw={600} c="var(--mantine-color-text)" mb={4}>
              {said}
            </Text>
          )}
          {CHANGES[word].words}
        </>
      }
      dangerous={word === 'discard'}
      send={(reason, post) => post(`${path}/${word}`, { ...selection, reason })}
      onClose={onClose}
    />
  )
}
