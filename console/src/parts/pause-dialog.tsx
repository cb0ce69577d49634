import { usePausing } from '../api/queries.ts'
import { ReasonDialog } from './reason-dialog.tsx'

interface Asked {
  reaction: string
  word: 'pause' | 'resume'
  onClose: () => void
}

const WORDS = {
  pause: {
    verb: 'Pause',
    words:
      'Every process stops running it within seconds, and finishes what it has in hand. What it is owed waits until somebody resumes it.',
  },
  resume: { verb: 'Resume', words: 'It goes on within seconds, with everything that has waited.' },
}

/** Stops a reaction for a while, or lets it go on. */
export function PauseDialog({ reaction, word, onClose }: Asked) {
  const change = usePausing(reaction, word)
  const { verb, words } = WORDS[word]
  return (
    <ReasonDialog
      title={`${verb}: ${reaction}`}
      verb={verb}
      words={words}
      change={change}
      onSubmit={(reason) => change.mutate({ reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}
