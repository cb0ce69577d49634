import type { Picture } from '../../../../../src/admin/contract/index.ts'
import { placeDurations } from '../../../../../src/picture/labels/place-durations.ts'
import { baselineOf, leaderOf, placeLabels, type Label } from '../../../../../src/picture/labels/place-labels.ts'
import { kindOf, tellMarks, worthTelling } from '../../../../../src/picture/labels/tell-marks.ts'

type Lane = Picture['lanes'][number]

const COLOURS = { dead: 'var(--bad)', failed: 'var(--late)', repair: 'var(--ink-2)' }

/** Of a mark: dead, failed, or a repair. */
export const colourOf = (what: string) => COLOURS[kindOf(what)]

/** What stands on the right of the picture, where nothing else does. */
const MARGIN = 16

/** Where the names of events stand, the durations, and the sentence of what failed: as in the SVG document. */
export function labelsOf({ published, deliveries }: Lane, { left, width }: Picture) {
  const telling = worthTelling(deliveries)
  const told = telling && { words: tellMarks(telling.marks), x: telling.marks[0]!.x }
  const signs = [...published, ...deliveries.flatMap(({ marks }) => marks)].map(({ x }) => x)
  const durations = placeDurations(deliveries.map(({ work }) => work), signs) // prettier-ignore
  return { told, telling, durations, ...placeLabels({ events: published, told }, { from: left, to: width - MARGIN }) }
}

/** Why it failed, in the room that there is. */
export function Sentence({ label, whole, what, y }: { label: Label; whole: string; what: string; y: number }) {
  return (
    <text
      className="said"
      style={{ color: colourOf(what) }}
      x={label.x}
      y={baselineOf(y, label)}
      textAnchor={label.anchor}
    >
      <title>{whole}</title>
      {label.words}
    </text>
  )
}

interface Named {
  event: Lane['published'][number]
  /** Undefined where there was no room. */
  name: Label | undefined
  y: number
}

export function EventName({ event: { x, type }, name, y }: Named) {
  if (!name) return <title>{type}</title>
  return (
    <>
      {name.row > 0 && <path className="way" d={leaderOf(x, y, name)} />}
      <text className="said" x={name.x} y={baselineOf(y, name)} textAnchor={name.anchor}>
        {type}
      </text>
    </>
  )
}
