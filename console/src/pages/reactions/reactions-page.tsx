import { Anchor, Badge, Button, Group, Table, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { ReactionList } from '../../../../src/admin/contract/index.ts'
import { useReactions } from '../../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../../parts/frame.tsx'
import { Listing, type Column as Head } from '../../parts/listing.tsx'
import { ChangeDialog } from '../../parts/dialogs/change-dialog.tsx'
import { EventTypes } from './event-types.tsx'
import { PastDialog } from './past-dialog.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { ago, cause, count, counted, duration, rate } from '../../parts/words.ts'

type Reaction = ReactionList['reactions'][number]

/** What each reaction does, and what it takes. */
export function ReactionsPage() {
  const reactions = useReactions()
  const seconds = reactions.data?.seconds
  return (
    <>
      <PageHead
        title="Reactions"
        words={
          seconds === undefined
            ? 'One moment …'
            : `Figures of the last ${duration(seconds * 1_000)}. Times: the median / 99 % within.`
        }
      />
      <Card flush>
        <Shown query={reactions} rows={10}>
          {({ reactions: all }) => <Reactions all={all} />}
        </Shown>
      </Card>
    </>
  )
}

interface Column {
  key: 'reaction' | 'perSecond' | 'processingP99' | 'criticalP99' | 'repeated' | 'dead'
  name: string
  words: string
}

const COLUMNS: Column[] = [
  { key: 'reaction', name: 'Reaction', words: 'and the events that it is on' },
  { key: 'perSecond', name: 'Per second', words: 'Events handled each second' },
  { key: 'processingP99', name: 'Processing', words: 'Its own work on an event: the median, and 99 % within' },
  {
    key: 'criticalP99',
    name: 'Critical time',
    words: 'From the event to the commit of the reaction: the median, and 99 % within. All waiting is in it.',
  },
  { key: 'repeated', name: 'Repeated', words: 'Handled at the second attempt or later' },
  { key: 'dead', name: 'Waiting', words: 'Retrying, blocked, held, dead' },
]

const WHAT_CAN_BE_DONE: Head = { name: <VisuallyHidden>What can be done</VisuallyHidden> }

function Reactions({ all }: { all: readonly Reaction[] }) {
  const [wish, setWish] = useState<Wish>()
  const close = () => setWish(undefined)
  const [by, setBy] = useState<Column['key']>('reaction')
  const sorted = all.toSorted((a, b) =>
    by === 'reaction' ? a.reaction.localeCompare(b.reaction) : Number(b[by] ?? -1) - Number(a[by] ?? -1),
  )
  const asHead = ({ key, name, words }: Column): Head => ({
    name: (
      <Tooltip label={words} w={240}>
        <button type="button" className="sort" onClick={() => setBy(key)} data-active={by === key}>
          {name}
        </button>
      </Tooltip>
    ),
    number: key !== 'reaction',
    sorted: by !== key ? undefined : key === 'reaction' ? 'ascending' : 'descending',
  })
  const slowest = Math.max(1, ...all.map(({ criticalP99 }) => criticalP99 ?? 0))
  return (
    <>
      <Listing
        of="reactions"
        narrow="stacked"
        columns={[...COLUMNS.map(asHead), WHAT_CAN_BE_DONE]}
        rows={sorted}
        keyOf={({ reaction }) => reaction}
        empty={
          <Empty icon="reactions" title="No reaction has subscribed yet">
            A reaction is one file under workers/; it subscribes when its worker starts.
          </Empty>
        }
      >
        {(one) => <Row one={one} slowest={slowest} onWish={(word) => setWish({ reaction: one.reaction, word })} />}
      </Listing>
      {wish?.word === 'replay' && <ReplayDialog reaction={wish.reaction} onClose={close} />}
      {wish?.word === 'past' && <PastDialog reaction={wish.reaction} onClose={close} />}
      {(wish?.word === 'pause' || wish?.word === 'resume') && (
        <ChangeDialog reaction={wish.reaction} word={wish.word} onClose={close} />
      )}
    </>
  )
}

interface Wish {
  reaction: string
  word: 'replay' | 'pause' | 'resume' | 'past'
}

interface Line {
  one: Reaction
  slowest: number
  onWish: (word: Wish['word']) => void
}

function Row({ one, slowest, onWish }: Line) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="2px 8px">
          <Text size="sm" fw={550} style={{ whiteSpace: 'nowrap' }}>
            {one.reaction}
          </Text>
          {!one.known && <Badge color="orange">not in this release</Badge>}
          {one.breaker && <Badge color="red">breaker open</Badge>}
          {one.paused && <Badge color="yellow">paused</Badge>}
        </Group>
        <EventTypes types={one.eventTypes} />
        {one.paused && (
          <Text size="xs" c="var(--late)" style={{ maxWidth: 420, overflowWrap: 'anywhere' }}>
            Paused by {one.paused.operator} {ago(one.paused.since)}
            {one.paused.reason !== null && `: ${one.paused.reason}`}
          </Text>
        )}
        {one.breaker && (
          <Text size="xs" c="var(--bad)" style={{ maxWidth: 420, overflowWrap: 'anywhere' }}>
            {cause(one.breaker.cause)}, in {counted(one.breaker.processes, 'process', 'processes')},{' '}
            {ago(one.breaker.since)}
          </Text>
        )}
      </Table.Td>
      <Table.Td data-label="Per second" className="number">
        {rate(one.perSecond)}
      </Table.Td>
      <Table.Td data-label="Processing" className="number">
        <Pair median={one.processingP50} most={one.processingP99} />
      </Table.Td>
      <Table.Td data-label="Critical time" className="number">
        <div>
          <Pair median={one.criticalP50} most={one.criticalP99} />
          <div className="meter" aria-hidden="true">
            <span style={{ width: `${(100 * Math.sqrt(one.criticalP99 ?? 0)) / Math.sqrt(slowest)}%` }} />
          </div>
        </div>
      </Table.Td>
      <Table.Td data-label="Repeated" className="number">
        {one.repeated === 0 ? <Dim>0</Dim> : count(one.repeated)}
      </Table.Td>
      <Table.Td data-label="Waiting" className="number">
        <Waiting one={one} />
      </Table.Td>
      <Table.Td className="number">
        <Group gap={2} wrap="nowrap" justify="flex-end">
          <Act word="past" reaction={one.reaction} onWish={onWish} />
          <Act word={one.paused ? 'resume' : 'pause'} reaction={one.reaction} onWish={onWish} />
          {one.known && <Act word="replay" reaction={one.reaction} onWish={onWish} />}
        </Group>
      </Table.Td>
    </Table.Tr>
  )
}

const NAMES = { replay: 'Replay …', pause: 'Pause …', resume: 'Resume …', past: 'Past' }

const Act = ({ word, reaction, onWish }: Wish & Pick<Line, 'onWish'>) => (
  <Button
    variant={word === 'resume' ? 'light' : 'subtle'}
    size="compact-xs"
    onClick={() => onWish(word)}
    aria-label={`${NAMES[word].replace(' …', '')} ${reaction}`}
  >
    {NAMES[word]}
  </Button>
)

const Dim = ({ children }: { children: string }) => (
  <Text span size="sm" c="dimmed">
    {children}
  </Text>
)

function Pair({ median, most }: { median: number | null; most: number | null }) {
  if (median === null) return <Dim>–</Dim>
  return (
    <div>
      {duration(median)}{' '}
      <Text span size="xs" c="dimmed">
        / {duration(most)}
      </Text>
    </div>
  )
}

function Waiting({ one: { reaction, retrying, blocked, held, dead } }: { one: Reaction }) {
  const waits = [
    { name: 'retrying', value: retrying, colour: 'yellow' },
    { name: 'blocked', value: blocked, colour: 'orange' },
    { name: 'held', value: held, colour: 'grape' },
  ].filter(({ value }) => value > 0)
  if (waits.length === 0 && dead === 0) return <Dim>nothing</Dim>
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      {waits.map(({ name, value, colour }) => (
        <Badge key={name} color={colour}>
          {count(value)} {name}
        </Badge>
      ))}
      {dead > 0 && (
        <Anchor component={Link} to={`/dead-letters/${reaction}`}>
          <Badge color="red" style={{ cursor: 'pointer' }}>
            {count(dead)} dead
          </Badge>
        </Anchor>
      )}
    </Group>
  )
}
