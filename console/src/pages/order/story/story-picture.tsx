import { Box } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
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

const ABOVE = 40
const FOOT = 16
/** Pixels that the whole picture has at least; a narrow screen moves it sideways, and the names of the lanes stay. */
const LEAST = 860
/** Pixels of the names of lanes, and of the shorter ones of a narrow screen. */
const NAMES = 212
const SHORT_NAMES = 150

/** A lane for each reaction, time from left to right. The server says where everything stands, as for `fanfare story --svg`. */
export function StoryPicture({ picture, until, selected, onSelect }: Given) {
  const { width, top, bottom, left, lanes } = picture
  const isNarrow = useMediaQuery('(max-width: 36em)') ?? false
  const clip = useId()
  const part = (x: number, wide: number) => ({
    className: 'story',
    viewBox: `${x} ${top - ABOVE} ${wide} ${bottom - top + ABOVE + FOOT}`,
    style: { flex: `0 0 ${(wide / width) * 100}%`, display: 'block' },
  })
  return (
    <Box style={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label="Story of the order, lane by lane">
      <Box style={{ display: 'flex', minWidth: LEAST }}>
        <Box className="lane-names" style={part(0, isNarrow ? SHORT_NAMES : NAMES).style}>
          <svg {...part(0, isNarrow ? SHORT_NAMES : NAMES)} aria-hidden="true">
            <Stripes picture={picture} />
            {lanes.map(({ reaction, y }) => (
              <LaneName key={reaction} reaction={reaction} y={y} isShort={isNarrow} />
            ))}
          </svg>
        </Box>
        <svg {...part(NAMES, width - NAMES)}>
          <clipPath id={clip}>
            <rect x={0} y={0} width={until === undefined ? width : until + 7} height={bottom + FOOT} />
          </clipPath>
          <Stripes picture={picture} />
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
    </Box>
  )
}

const keyOf = ({ reaction }: Lane, { eventId }: Delivery) => `${reaction} ${eventId}`

/** Every second lane has a ground; a lane begins where the one above it ends. */
function Stripes({ picture: { lanes, top, bottom, width } }: { picture: Picture }) {
  const beneath = bottom - lanes.at(-1)!.y
  return lanes.map(({ reaction, y }, index) => {
    const begin = index === 0 ? top : lanes[index - 1]!.y + beneath
    if (index % 2 === 1) return null
    return <rect key={reaction} className="stripe" x={0} y={begin} width={width} height={y + beneath - begin} rx={4} />
  })
}

function LaneName({ reaction, y, isShort }: { reaction: string; y: number; isShort: boolean }) {
  if (reaction === '')
    return (
      <text className="dim" x={12} y={y + 4}>
        request or schedule
      </text>
    )
  const [folder, name] = reaction.split('.')
  return (
    <text x={12} y={y + 4}>
      {!isShort && <tspan className="dim">{folder}.</tspan>}
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
