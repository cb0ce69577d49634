import type { Picture } from '../../../../../src/admin/contract/index.ts'
import { cause } from '../../../parts/words.ts'

type Lane = Picture['lanes'][number]

/** Of a mark: dead, failed, or a repair. */
export const colourOf = (what: string) =>
  what === 'dead' ? 'var(--bad)' : what === 'failed' ? 'var(--late)' : 'var(--ink-2)'

const widthOf = (words: string) => words.length * 6
const cut = (words: string, width: number) => {
  const most = Math.max(8, Math.floor(width / 6))
  return words.length > most ? `${words.slice(0, most - 1)}…` : words
}

interface Words {
  delivery: Lane['deliveries'][number]
  y: number
  picture: Picture
  published: Lane['published']
}

/** Why it failed, in the room that there is; and its state where it is not handled. */
export function Told({ delivery: { marks, state, work }, y, picture: { left, right, width }, published }: Words) {
  const [first] = marks
  const state_ = !work && state !== 'dead' && (
    <text className="dim small" x={right + 8} y={y + 4}>
      {state}
    </text>
  )
  if (!first) return state_
  const failures = marks.filter(({ error }) => error !== null)
  const error = cause(failures.at(-1)?.error ?? '')
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

type Published = Lane['published'][number]

export function EventName({ event, next, y }: { event: Published; next: Published | undefined; y: number }) {
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
