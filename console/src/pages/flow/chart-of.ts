import type { Edge, Node } from '@xyflow/react'
import type { Flow, Metrics, ReactionList } from '../../../../src/admin/contract/index.ts'
import { hue } from '../../theme.ts'
import { ratesOf, standingOf } from './lately.ts'
import type { PartData } from './part.tsx'
import { placesOf } from './places.ts'

interface Chart {
  nodes: Node<PartData>[]
  edges: Edge[]
}

const COLUMN = 270
const ROW = 84

/** What stands where, and what leads to what. */
export function chartOf(flow: Flow, reactions: ReactionList['reactions'], lately: Metrics): Chart {
  const places = placesOf(flow)
  const rates = ratesOf(lately)
  const standings = new Map(reactions.map((one) => [one.reaction, standingOf(one, lately)]))
  const kinds = kindsOf(flow)
  const colourOf = coloursOf(flow)
  const nodes = [...kinds].flatMap(([name, kind]): Node<PartData>[] => {
    const place = places.get(name)
    if (!place) return []
    const isEvent = kind === 'event'
    const perSecond = isEvent && lately.points.length > 0 ? (rates.get(name) ?? 0) : undefined
    const colour = isEvent ? colourOf(name) : 'var(--ink-2)'
    const data = { name, kind, colour, perSecond, standing: standings.get(name) }
    return [{ id: name, type: 'part', position: { x: place.column * COLUMN, y: place.row * ROW }, data }]
  })
  const links = [...flow.publishes, ...flow.reacts].filter(({ from, to }) => places.has(from) && places.has(to))
  const edges = links.map(({ from, to }): Edge => {
    const isBack = places.get(to)!.column <= places.get(from)!.column
    const type = kinds.get(from) === 'event' ? from : to
    return {
      id: `${from} > ${to}`,
      source: from,
      target: to,
      style: {
        stroke: colourOf(type),
        strokeWidth: widthOf(rates.get(type) ?? 0),
        opacity: isBack ? 0.22 : 0.65,
        ...(isBack && { strokeDasharray: '3 4' }),
      },
    }
  })
  return { nodes, edges }
}

/** Pixels: one more for each tenfold rate. */
const widthOf = (perSecond: number) => 1.4 + Math.log10(1 + 10 * perSecond)

function coloursOf({ types }: Flow) {
  const families = [...new Set(types.map((type) => type.split('.')[0]))]
  return (type: string) => hue(Math.max(0, families.indexOf(type.split('.')[0])))
}

const kindsOf = ({ reacts, publishers, types }: Flow) =>
  new Map<string, PartData['kind']>([
    ...reacts.map(({ to }) => [to, 'reaction'] as const),
    ...publishers.map(({ name, kind }) => [name, kind] as const),
    ...types.map((type) => [type, 'event'] as const),
  ])
