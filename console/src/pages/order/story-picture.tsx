import { Box } from '@mantine/core'
import { useId, type KeyboardEvent, type SVGProps } from 'react'
import type { Picture } from '../../../../src/admin/contract/index.ts'
import { hue } from '../../theme.ts'

type Lane = Picture['lanes'][number]
type Delivery = Lane['deliveries'][number]
type Mark = Delivery['marks'][number]

interface Given {
  picture: Picture
  /** Where the story is cut off, for a look at the past. */
  until: number | undefined
  /** The id of the event that is looked at. */
  selected: string | undefined
  onSelect: (eventId: string) => void
}

const FOOT = 16

/** A lane for each reaction, time from left to right. The server says where everything stands, as for `fanfare story --svg`. */
export function StoryPicture({ picture, until, selected, onSelect }: Given) {
  const { width, top, bottom, laneHeight, left, lanes } = picture
  const clip = useId()
  const above = 40
  const height = bottom - top + above + FOOT
  return (
    <Box style={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label="Story of the order, lane by lane">
      <svg
        className="story"
        viewBox={`0 ${top - above} ${width} ${height}`}
        width="100%"
        style={{ minWidth: 860, display: 'block' }}
      >
        <clipPath id={clip}>
          <rect x={0} y={0} width={until === undefined ? width : until + 7} height={bottom + FOOT} />
        </clipPath>
        {lanes.map((lane, index) => (
          <g key={lane.reaction}>
            {index % 2 === 0 && (
              <rect className="stripe" x={0} y={top + index * laneHeight} width={width} height={laneHeight} rx={4} />
            )}
            <LaneName reaction={lane.reaction} y={lane.y} />
          </g>
        ))}
        <Ground picture={picture} />
        <g clipPath={`url(#${clip})`}>
          {lanes.flatMap((lane) =>
            lane.deliveries.map((delivery) => <Way key={keyOf(lane, delivery)} {...delivery} />),
          )}
          {lanes.map((lane) => (
            <LaneWork key={lane.reaction} {...{ lane, picture, selected, onSelect }} />
          ))}
        </g>
        {until !== undefined && until >= left && (
          <path className="now" d={`M${until} ${top - 6}V${bottom}`} aria-hidden="true" />
        )}
      </svg>
    </Box>
  )
}

const keyOf = ({ reaction }: Lane, { eventId }: Delivery) => `${reaction} ${eventId}`

function LaneName({ reaction, y }: { reaction: string; y: number }) {
  if (reaction === '')
    return (
      <text className="dim" x={12} y={y + 4}>
        request or schedule
      </text>
    )
  const [folder, name] = reaction.split('.')
  return (
    <text x={12} y={y + 4}>
      <tspan className="dim">{folder}.</tspan>
      <tspan className="name">{name}</tspan>
    </text>
  )
}

function Ground({ picture: { ticks, cuts, top, bottom } }: { picture: Picture }) {
  return (
    <g aria-hidden="true">
      {ticks.map(({ x, text }) => (
        <g key={x}>
          <path className="grid" d={`M${x} ${top}V${bottom}`} />
          <text className="dim small" x={x} y={top - 9} textAnchor="middle">
            {text}
          </text>
        </g>
      ))}
      {cuts.map(({ x, width, text }) => (
        <g key={x}>
          <rect className="cut" x={x} y={top} width={width} height={bottom - top} />
          <text className="dim small" x={x + width / 2} y={top - 24} textAnchor="middle">
            {text}
          </text>
        </g>
      ))}
    </g>
  )
}

const Way = ({ way, hue: family }: Delivery) => (
  <g color={hue(family)} aria-hidden="true">
    <path className="way" d={way.path} />
    {way.later !== undefined && <path className="way later" d={way.later} />}
  </g>
)

interface Chosen {
  lane: Lane
  picture: Picture
  selected: string | undefined
  onSelect: (eventId: string) => void
}

function LaneWork({ lane, picture, selected, onSelect }: Chosen) {
  const { reaction, y, deliveries, published } = lane
  // In one lane there is room for one sentence.
  const told = deliveries.findLast(({ marks }) => marks.length > 0)
  const touch = (eventId: string, name: string) => touchable(name, eventId === selected, () => onSelect(eventId))
  return (
    <g>
      {deliveries.map((delivery) => (
        <g key={delivery.eventId} color={hue(delivery.hue)}>
          <g {...touch(delivery.eventId, nameOf(reaction, delivery))}>
            {delivery.work && <Work work={delivery.work} y={y} />}
            {delivery.marks.map((mark, index) => (
              <Sign key={index} mark={mark} y={y} />
            ))}
          </g>
          {(delivery === told || delivery.marks.length === 0) && (
            <Told delivery={delivery} y={y} picture={picture} published={published} />
          )}
        </g>
      ))}
      {published.map((event, index) => (
        <g key={event.eventId} color={hue(event.hue)} {...touch(event.eventId, `Event ${event.type}`)}>
          <circle className="knot" cx={event.x} cy={y} r={6} />
          <EventName event={event} next={published[index + 1]} y={y} />
        </g>
      ))}
    </g>
  )
}

/** What is written on it is a part of its name. */
const nameOf = (reaction: string, { type, state, work }: Delivery) =>
  [`${reaction}: ${type}`, state, ...(work ? [work.text] : [])].join(', ')

/** What the mouse and the keyboard choose. */
const touchable = (name: string, isChosen: boolean, choose: () => void): SVGProps<SVGGElement> => ({
  className: 'touch',
  role: 'button',
  tabIndex: 0,
  'aria-label': name,
  'aria-pressed': isChosen,
  onClick: choose,
  onKeyDown: (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    choose()
  },
})

const ROOMY = 44

const Work = ({ work: { x, width, text }, y }: { work: NonNullable<Delivery['work']>; y: number }) => (
  <>
    <rect className="bar" x={x} y={y - 6} width={width} height={12} rx={3} />
    {width >= ROOMY && (
      <text className="inside" x={x + width / 2} y={y + 3.5} textAnchor="middle">
        {text}
      </text>
    )}
  </>
)

const colourOf = (what: string) => (what === 'dead' ? 'var(--bad)' : what === 'failed' ? 'var(--late)' : 'var(--ink-2)')

const Sign = ({ mark: { what, x }, y }: { mark: Mark; y: number }) => (
  <g color={colourOf(what)}>
    {what === 'dead' || what === 'failed' ? (
      <path className="cross" d={`M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`} />
    ) : (
      <circle className="way" cx={x} cy={y} r={4} />
    )}
  </g>
)

const widthOf = (words: string) => words.length * 6
const cut = (words: string, width: number) => {
  const most = Math.max(8, Math.floor(width / 6))
  return words.length > most ? `${words.slice(0, most - 1)}…` : words
}

interface Words {
  delivery: Delivery
  y: number
  picture: Picture
  published: Lane['published']
}

/** Why it failed, in the room that there is; and its state where it is not handled. */
function Told({ delivery: { marks, state, work }, y, picture: { left, right, width }, published }: Words) {
  const [first] = marks
  const state_ = !work && state !== 'dead' && (
    <text className="dim small" x={right + 8} y={y + 4}>
      {state}
    </text>
  )
  if (!first) return state_
  const failures = marks.filter(({ error }) => error !== null)
  const error = (failures.at(-1)?.error ?? '').replace(/^\w*Error: /, '')
  const isDead = marks.some(({ what }) => what === 'dead')
  const head = isDead ? 'dead letter' : `failed${failures.length > 1 ? ` ${failures.length} times` : ''}`
  const repairs = marks.filter(({ what }) => what !== 'dead' && what !== 'failed').map(({ what }) => what)
  const words = [...(failures.length > 0 ? [`${head}: ${error}`] : []), ...repairs].join(' · ')
  const next = published.find(({ x }) => x > first.x)
  const end = next?.x ?? width - 12
  const isRight = first.x - left > end - first.x
  return (
    <>
      <text
        className="said"
        style={{ color: colourOf(marks.at(-1)!.what) }}
        x={isRight ? first.x + 4 : first.x - 4}
        y={y - 9}
        textAnchor={isRight ? 'end' : undefined}
      >
        <title>{words}</title>
        {cut(words, isRight ? first.x - left : end - first.x)}
      </text>
      {state_}
    </>
  )
}

function EventName({
  event,
  next,
  y,
}: {
  event: Lane['published'][number]
  next: typeof event | undefined
  y: number
}) {
  const isCrowded = next !== undefined && next.x - event.x < widthOf(event.type) + 14
  return (
    <text
      className="said"
      x={isCrowded ? event.x + 2 : event.x + 6}
      y={y - 9}
      textAnchor={isCrowded ? 'end' : undefined}
    >
      {event.type}
    </text>
  )
}
