import { useChange, type ChangeWord, type Selection } from '../api/queries.ts'
import { ReasonDialog } from './reason-dialog.tsx'

const TITLES: Record<ChangeWord, string> = {
  discard: 'Discard',
  restore: 'Restore',
  retry: 'Retry now',
  hold: 'Hold back',
}
const SENTENCES: Record<ChangeWord, string> = {
  discard: 'They are closed: this reaction will not handle these events. Restore undoes it.',
  restore: 'They are dead letters again, and can be redriven.',
  retry: 'What is tried again later, or held back, is due now. The attempts made so far count.',
  hold: 'They are kept back until somebody has them retried.',
}

interface Asked {
  reaction: string
  selection: Selection
  word: ChangeWord
  onClose: () => void
}

/** What is done to deliveries at once. */
export function ChangeDialog({ reaction, selection, word, onClose }: Asked) {
  const change = useChange(reaction, word)
  return (
    <ReasonDialog
      title={`${TITLES[word]}: ${reaction}`}
      verb={TITLES[word]}
      words={SENTENCES[word]}
      dangerous={word === 'discard'}
      change={change}
      onSubmit={(reason) => change.mutate({ ...selection, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}
