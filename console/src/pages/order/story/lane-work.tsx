import type { KeyboardEvent, SVGProps } from 'react'
import type { Picture } from '../../../../../src/admin/contract/index.ts'
import { hue } from '../../../theme.ts'
import { openStates } from '../../../../../src/picture/labels/tell-marks.ts'
import { colourOf, EventName, labelsOf, Sentence } from './said.tsx'

type Lane = Picture['lanes'][number]
type Delivery = Lane['deliveries'][number]
type Mark = Delivery['marks'][number]

interface Chosen {
  lane: Lane
  picture: Picture
  selected: string | undefined
  onSelect: (eventId: string) => void
}

/** What a reaction did: work, failures, and the events that it published. */
export function LaneWork({ lane, picture, selected, onSelect }: Chosen) {
  const { reaction, y, deliveries, published } = lane
  const { told, telling, names, sentence, durations } = labelsOf(lane, picture)
  const touch = (eventId: string, name: string) => touchable(name, eventId === selected, () => onSelect(eventId))
  return (
    <g>
      {deliveries.map((delivery, index) => (
        <g key={delivery.eventId} color={hue(delivery.hue)}>
          <g {...touch(delivery.eventId, nameOf(reaction, delivery))}>
            {delivery.work && <Work work={delivery.work} y={y} middle={durations[index]} />}
            {delivery.marks.map((mark, nth) => (
              <Sign key={nth} mark={mark} y={y} />
            ))}
          </g>
          {delivery === telling && sentence && (
            <Sentence label={sentence} whole={told!.words} what={delivery.marks.at(-1)!.what} y={y} />
          )}
        </g>
      ))}
      {published.map((event, index) => (
        <g key={event.eventId} color={hue(event.hue)} {...touch(event.eventId, `Event ${event.type}`)}>
          <EventName event={event} name={names[index]} y={y} />
          <circle className="knot" cx={event.x} cy={y} r={6} />
        </g>
      ))}
      <text className="dim small" x={picture.right + 8} y={y + 4}>
        {openStates(deliveries)}
      </text>
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

interface Worked {
  work: NonNullable<Delivery['work']>
  y: number
  /** Of its duration, where there is room for that. */
  middle: number | undefined
}

const Work = ({ work: { x, width, text }, y, middle }: Worked) => (
  <>
    <rect className="bar" x={x} y={y - 6} width={width} height={12} rx={3} />
    {middle !== undefined && (
      <text className="inside" x={middle} y={y + 3.5} textAnchor="middle">
        {text}
      </text>
    )}
  </>
)

const Sign = ({ mark: { what, x }, y }: { mark: Mark; y: number }) => (
  <g color={colourOf(what)}>
    {what === 'dead' || what === 'failed' ? (
      <path className="cross" d={`M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`} />
    ) : (
      <circle className="way" cx={x} cy={y} r={4} />
    )}
  </g>
)
