import { Button, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { ScheduleList } from '../../../src/admin/contract/index.ts'
import { admin } from '../api/ask.ts'
import { useSchedules } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Listing, numbers } from '../parts/listing.tsx'
import { ReasonDialog } from '../parts/dialogs/reason-dialog.tsx'
import { StatusBadge } from '../parts/status.tsx'
import { ago, cause, count, duration, inWords, momentOf } from '../parts/words.ts'

type Schedule = ScheduleList['schedules'][number]

const COLUMNS = ['Schedule', 'State', numbers('Every'), 'Last run', numbers('Took'), 'Next due', 'What it did', '']

/** What runs by the clock, and how its latest run went. */
export function SchedulesPage() {
  const schedules = useSchedules()
  const [asked, setAsked] = useState<string>()
  return (
    <>
      <PageHead title="Schedules" words="What runs by the clock. A run that fails is tried again up to four times." />
      <Card flush>
        <Shown query={schedules} rows={10}>
          {({ schedules: all }) => (
            <Listing
              of="schedules"
              narrow="stacked"
              columns={COLUMNS}
              rows={all.toSorted((a, b) => trouble(a) - trouble(b))}
              keyOf={({ name }) => name}
              empty={
                <Empty icon="clock" title="Nothing has run by the clock yet">
                  The process scheduler runs these: fanfare scheduler.
                </Empty>
              }
            >
              {(one) => <Row one={one} onRun={() => setAsked(one.name)} />}
            </Listing>
          )}
        </Shown>
      </Card>
      {asked !== undefined && <RunDialog name={asked} onClose={() => setAsked(undefined)} />}
    </>
  )
}

/** What does not work stands first. */
const trouble = ({ state }: Schedule) => (state === 'failed' || state === 'late' ? 0 : 1)

function Row({ one, onRun }: { one: Schedule; onRun: () => void }) {
  const {
    name,
    everySeconds,
    state,
    begunAt,
    durationMs,
    nextDueAt,
    instance,
    result,
    failures,
    failedAt,
    error,
    isAsked,
  } = one
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={550} style={{ whiteSpace: 'nowrap' }}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {instance}
        </Text>
      </Table.Td>
      <Table.Td data-label="State">
        <div>
          <StatusBadge state={state} />
          {error !== null && (
            <Text
              size="xs"
              c={failures > 0 ? 'var(--bad)' : 'dimmed'}
              mt={4}
              maw={320}
              lineClamp={3}
              title={error}
              style={{ overflowWrap: 'anywhere' }}
            >
              {failures > 0 ? `${count(failures)} failed, the latest ` : 'Failed '}
              {ago(failedAt)}: {cause(error)}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label="Every" className="number">
        {duration(everySeconds * 1_000)}
      </Table.Td>
      <Table.Td data-label="Last run" style={{ whiteSpace: 'nowrap' }} title={momentOf(begunAt)}>
        {ago(begunAt)}
      </Table.Td>
      <Table.Td data-label="Took" className="number">
        {duration(durationMs)}
      </Table.Td>
      <Table.Td data-label="Next due" style={{ whiteSpace: 'nowrap' }} title={momentOf(nextDueAt)}>
        {until(nextDueAt)}
      </Table.Td>
      <Table.Td data-label="What it did">
        <Text size="xs" c="dimmed" maw={320} lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
          {told(result)}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <Button variant="default" size="xs" onClick={onRun} disabled={isAsked} aria-label={`Run ${name} now`}>
          {isAsked ? 'Asked for' : 'Run now …'}
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

function until(at: string): string {
  const ms = new Date(at).getTime() - Date.now()
  return ms < 1_000 ? 'now' : `in ${duration(ms)}`
}

const RunDialog = ({ name, onClose }: { name: string; onClose: () => void }) => (
  <ReasonDialog
    title={`Run now: ${name}`}
    verb="Run now"
    words="A scheduler takes it up within seconds and runs it once, out of turn. Its rhythm stays as it is."
    send={(reason, post) => post(admin(`schedules/${encodeURIComponent(name)}/run`), { reason })}
    onClose={onClose}
  />
)

/** `2 deleted, 3 kept`: names of fields as words, and values as they are. */
const told = (result: Schedule['result']) =>
  Object.entries(result ?? {})
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => (name === 'actionId' ? 'stands under Operators' : `${written(value)} ${inWords(name)}`))
    .join('; ') || 'nothing to do'

function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(', ')
  return typeof value === 'number' ? count(value) : typeof value === 'string' ? value : JSON.stringify(value)
}
