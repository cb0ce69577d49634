import '@xyflow/react/dist/style.css'
import { Box, useComputedColorScheme } from '@mantine/core'
import { Controls, Handle, Position, ReactFlow, type Edge, type Node, type NodeProps } from '@xyflow/react'
import { useMemo, type CSSProperties } from 'react'
import type { Flow, ReactionList } from '../../../../src/admin/contract/index.ts'
import { useFlow, useReactions } from '../../api/queries.ts'
import { PageHead, Shown } from '../../parts/frame.tsx'
import { hue } from '../../theme.ts'
import { duration, rate } from '../../parts/words.ts'
import { placesOf } from './places.ts'

/** Which event leads to which reaction, and that to which event: as the code says, with figures of now. */
export default function FlowPage() {
  const flow = useFlow()
  const { data } = useReactions()
  return (
    <>
      <PageHead title="Flow" words="Who publishes which event, and who reacts. Dashed lines lead back." />
      <Shown query={flow} rows={12}>
        {(known) => <Chart flow={known} reactions={data?.reactions ?? []} />}
      </Shown>
    </>
  )
}

type Figures = ReactionList['reactions'][number]
interface Data extends Record<string, unknown> {
  name: string
  kind: 'request' | 'schedule' | 'reaction' | 'event'
  colour: string
  figures?: Figures | undefined
}

function Chart({ flow, reactions }: { flow: Flow; reactions: readonly Figures[] }) {
  const scheme = useComputedColorScheme('light')
  const { nodes, edges } = useMemo(() => chartOf(flow, reactions), [flow, reactions])
  return (
    <Box className="card" h="calc(100dvh - 210px)" mih={420} style={{ overflow: 'hidden' }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={scheme}
        fitView
        minZoom={0.2}
        nodesConnectable={false}
        nodesDraggable={false}
        edgesFocusable={false}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </Box>
  )
}

const TYPES = { part: Part }

function Part({ data: { name, kind, colour, figures } }: NodeProps<Node<Data>>) {
  const dead = figures?.dead ?? 0
  return (
    <div className="part" data-kind={kind} style={{ '--part': dead > 0 ? 'var(--bad)' : colour } as CSSProperties}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <b>{name}</b>
      {figures && (
        <small>
          {rate(figures.perSecond)}/s · {duration(figures.criticalP50)}
          {figures.retrying > 0 && ` · ${figures.retrying} retrying`}
          {dead > 0 && ` · ${dead} dead`}
        </small>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}

function chartOf(flow: Flow, reactions: readonly Figures[]): { nodes: Node<Data>[]; edges: Edge[] } {
  const places = placesOf(flow)
  const families = [...new Set(flow.types.map((type) => type.split('.')[0]))]
  const colourOf = (type: string) => hue(Math.max(0, families.indexOf(type.split('.')[0])))
  const figuresOf = new Map(reactions.map((one) => [one.reaction, one]))
  const kinds = new Map<string, Data['kind']>([
    ...flow.reacts.map(({ to }) => [to, 'reaction'] as const),
    ...flow.publishers.map(({ name, kind }) => [name, kind] as const),
    ...flow.types.map((type) => [type, 'event'] as const),
  ])
  const nodes = [...kinds].flatMap(([name, kind]): Node<Data>[] => {
    const place = places.get(name)
    if (!place) return []
    const colour = kind === 'event' ? colourOf(name) : 'var(--ink-2)'
    const data = { name, kind, colour, figures: figuresOf.get(name) }
    return [{ id: name, type: 'part', position: { x: place.column * 270, y: place.row * 66 }, data }]
  })
  const links = [...flow.publishes, ...flow.reacts].filter(({ from, to }) => places.has(from) && places.has(to))
  const edges = links.map(({ from, to }): Edge => {
    const isBack = places.get(to)!.column <= places.get(from)!.column
    const colour = colourOf(kinds.get(from) === 'event' ? from : to)
    return {
      id: `${from} > ${to}`,
      source: from,
      target: to,
      style: {
        stroke: colour,
        strokeWidth: 1.4,
        opacity: isBack ? 0.22 : 0.65,
        ...(isBack && { strokeDasharray: '3 4' }),
      },
    }
  })
  return { nodes, edges }
}
