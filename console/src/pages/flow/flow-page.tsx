import '@xyflow/react/dist/style.css'
import { Box, useComputedColorScheme } from '@mantine/core'
import { Controls, ReactFlow } from '@xyflow/react'
import { useMemo, useState } from 'react'
import type { Flow, Metrics, ReactionList } from '../../../../src/admin/contract/index.ts'
import { useLately } from '../../api/metrics.ts'
import { useFlow, useReactions } from '../../api/queries.ts'
import { PageHead, Shown } from '../../parts/frame.tsx'
import { chartOf, lookingAt } from './chart-of.ts'
import { Part } from './part.tsx'
import { heightOf, WIDTH } from './places.ts'

const NOTHING: Metrics = { from: '', to: '', step: 10, points: [] }

/** Which event leads to which reaction, and that to which event: as the code says, with figures of now. */
export default function FlowPage() {
  const flow = useFlow()
  const { data } = useReactions()
  const { data: lately } = useLately()
  return (
    <>
      <PageHead
        title="Flow"
        words="Requests and schedules publish events, reactions handle them and publish more. The wider a line, the more events of the last minute and a half; dashed lines lead back. Point at a part to see its lines alone."
      />
      <Shown query={flow} rows={12}>
        {(known) => <Chart flow={known} reactions={data?.reactions ?? []} lately={lately ?? NOTHING} />}
      </Shown>
    </>
  )
}

interface Known {
  flow: Flow
  reactions: ReactionList['reactions']
  lately: Metrics
}

/** Smaller than that nobody can read it: a telephone shows a part of it, and is moved. */
const SMALLEST = 0.75
const MARGIN = 24

function Chart({ flow, reactions, lately }: Known) {
  const scheme = useComputedColorScheme('light')
  const [name, setName] = useState<string>()
  const chart = useMemo(() => chartOf(flow, reactions, lately), [flow, reactions, lately])
  const { nodes, edges } = useMemo(() => lookingAt(chart, name), [chart, name])
  const height = heightOf(flow) + 2 * MARGIN
  return (
    <Box
      className="card"
      w="100%"
      mih={`min(${height * SMALLEST}px, 75dvh)`}
      style={{ aspectRatio: `${WIDTH + 2 * MARGIN} / ${height}`, overflow: 'hidden' }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={{ minZoom: SMALLEST, maxZoom: 1, padding: `${MARGIN}px` }}
        minZoom={0.2}
        nodesConnectable={false}
        nodesDraggable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        onNodeMouseEnter={(_, node) => setName(node.id)}
        onNodeMouseLeave={() => setName(undefined)}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </Box>
  )
}

const TYPES = { part: Part }
