import { Handle, Position, type Node, type NodeProps } from '@xyflow/react'
import type { CSSProperties } from 'react'
import { count, duration, rate } from '../../parts/words.ts'
import type { Standing } from './lately.ts'

export interface PartData extends Record<string, unknown> {
  name: string
  kind: 'request' | 'schedule' | 'reaction' | 'event'
  colour: string
  /** Of an event: stored each second. */
  perSecond?: number | undefined
  /** Of a reaction. */
  standing?: Standing | undefined
}

/** A request, a schedule, an event or a reaction, with how it stands. */
export function Part({ data: { name, kind, colour, perSecond, standing } }: NodeProps<Node<PartData>>) {
  const trouble = standing ? troubleOf(standing) : []
  const isBad = standing !== undefined && (standing.now.dead > 0 || standing.now.breaker !== null)
  const paused = standing?.now.paused ?? null
  return (
    <div
      className="part"
      data-kind={kind}
      data-paused={paused !== null}
      style={{ '--part': isBad ? 'var(--bad)' : colour } as CSSProperties}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <b title={name}>{name}</b>
      {perSecond !== undefined && <small>{rate(perSecond)}/s</small>}
      {standing && <small>{figuresOf(standing)}</small>}
      {trouble.length > 0 && <small className="trouble">{trouble.join(' · ')}</small>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}

function figuresOf({ now, replicas }: Standing): string {
  const by = replicas === undefined ? [] : [replicas === 1 ? '1 process' : `${count(replicas)} processes`]
  return [`${rate(now.perSecond)}/s`, ...(now.criticalP50 === null ? [] : [duration(now.criticalP50)]), ...by].join(
    ' · ',
  )
}

/** What does not go as it should, the worst first. */
function troubleOf({ now, failing, queued = 0, oldestMs = 0 }: Standing): string[] {
  return [
    ...(now.paused ? ['paused'] : []),
    ...(now.breaker ? ['breaker open'] : []),
    ...(now.dead > 0 ? [`${count(now.dead)} dead`] : []),
    ...(failing > 0 ? [`${Math.max(1, Math.round(failing * 100))} % fail`] : []),
    ...(queued > 0 ? [`${count(queued)} queued, ${duration(oldestMs)}`] : []),
    ...(now.retrying > 0 ? [`${count(now.retrying)} retrying`] : []),
  ]
}
