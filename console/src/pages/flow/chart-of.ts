import type { Edge, Node } from '@xyflow/react'
import type { Flow, Metrics, ReactionList } from '../../../../src/admin/contract/index.ts'
import { hue } from '../../theme.ts'
import { ratesOf, standingOf } from './lately.ts'
import type { PartData } from './part.tsx'
import { placesOf, widthOf } from './places.ts'

interface Chart {
  nodes: Node<PartData>[]
  edges: Edge[]
}

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
    const { x, y, column } = place
    const isEvent = kind === 'event'
    const colour = isEvent ? colourOf(name) : 'var(--ink-2)'
    const data = { name, kind, colour, perSecond: isEvent ? rates.get(name) : undefined, standing: standings.get(name) }
    return [{ id: name, type: 'part', position: { x, y }, width: widthOf(column), data }]
  })
  const links = [...flow.publishes, ...flow.reacts].filter(({ from, to }) => places.has(from) && places.has(to))
  const edges = links.map(({ from, to }): Edge => {
    const isBack = places.get(to)!.column < places.get(from)!.column
    const type = kinds.get(from) === 'event' ? from : to
    return {
      id: `${from} > ${to}`,
      source: from,
      target: to,
      sourceHandle: isBack ? 'back' : 'on',
      targetHandle: isBack ? 'back' : 'on',
      style: {
        stroke: colourOf(type),
        strokeWidth: strengthOf(rates.get(type) ?? 0),
        opacity: isBack ? 0.35 : 0.65,
        ...(isBack && { strokeDasharray: '3 4' }),
      },
    }
  })
  return { nodes, edges }
}

/** The same, with one part and what it is linked with before all others. */
export function lookingAt({ nodes, edges }: Chart, name: string | undefined): Chart {
  if (name === undefined) return { nodes, edges }
  const near = new Set(
    edges.flatMap(({ source, target }) => (source === name || target === name ? [source, target] : [])),
  )
  if (near.size === 0) return { nodes, edges }
  return {
    nodes: nodes.map((node) => (near.has(node.id) ? node : { ...node, className: 'far' })),
    edges: edges.map(({ style, ...edge }) => {
      const isNear = edge.source === name || edge.target === name
      return { ...edge, zIndex: isNear ? 1 : 0, style: { ...style, opacity: isNear ? 0.95 : 0.06 } }
    }),
  }
}

/** Pixels: one more for each tenfold rate. */
const strengthOf = (perSecond: number) => 1.4 + Math.log10(1 + 10 * perSecond)

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
