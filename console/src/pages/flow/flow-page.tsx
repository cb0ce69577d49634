import '@xyflow/react/dist/style.css'
import { Box, useComputedColorScheme } from '@mantine/core'
import { Controls, ReactFlow } from '@xyflow/react'
import { useMemo } from 'react'
import type { Flow, Metrics, ReactionList } from '../../../../src/admin/contract/index.ts'
import { useLately } from '../../api/metrics.ts'
import { useFlow, useReactions } from '../../api/queries.ts'
import { PageHead, Shown } from '../../parts/frame.tsx'
import { chartOf } from './chart-of.ts'
import { Part } from './part.tsx'

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
        words="Who publishes which event, and who reacts, each second. What waits, fails or is paused stands with it; a line is as strong as its rate. Dashed lines lead back."
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

function Chart({ flow, reactions, lately }: Known) {
  const scheme = useComputedColorScheme('light')
  const { nodes, edges } = useMemo(() => chartOf(flow, reactions, lately), [flow, reactions, lately])
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
