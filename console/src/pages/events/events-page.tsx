import { SegmentedControl } from '@mantine/core'
import { useSearchParams } from 'wouter'
import { useFlow } from '../../api/queries.ts'
import { PageHead } from '../../parts/frame.tsx'
import { Catalogue } from './catalogue.tsx'
import { Tail } from './tail.tsx'

const VIEWS = [
  { value: 'tail', label: 'As they happen' },
  { value: 'catalogue', label: 'Catalogue' },
]

/** What the relay publishes, as it does so; and all that there is to publish. The address says what is looked at. */
export function EventsPage() {
  const [params, setParams] = useSearchParams()
  const flow = useFlow()
  const view = params.get('view') ?? 'tail'
  return (
    <>
      <PageHead
        title="Events"
        words={
          view === 'tail'
            ? 'What the relay has published since the console was opened.'
            : 'Every type of event: who publishes it, and which reactions handle it.'
        }
        actions={
          <SegmentedControl
            aria-label="View"
            data={VIEWS}
            value={view}
            onChange={(value) => setParams(value === 'tail' ? {} : { view: value })}
          />
        }
      />
      {view === 'tail' ? (
        <Tail
          types={flow.data?.types ?? []}
          type={params.get('type')}
          onType={(type) => setParams(type === null ? {} : { type })}
        />
      ) : (
        <Catalogue flow={flow} onFollow={(type) => setParams({ type })} />
      )}
    </>
  )
}
