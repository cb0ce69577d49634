import { Box } from '@mantine/core'
import { useId } from 'react'
import type { Picture } from '../../../../../src/admin/contract/index.ts'
import { hue } from '../../../theme.ts'
import { LaneWork } from './lane-work.tsx'

type Lane = Picture['lanes'][number]
type Delivery = Lane['deliveries'][number]

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
