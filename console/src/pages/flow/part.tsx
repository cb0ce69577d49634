import { Handle, Position, type Node, type NodeProps } from '@xyflow/react'
import type { CSSProperties } from 'react'
import { Link } from 'wouter'
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
export function Part({ data: { name, kind, colour, perSecond = 0, standing } }: NodeProps<Node<PartData>>) {
  const isBad = standing !== undefined && (standing.now.dead > 0 || standing.now.breaker !== null)
  return (
    <div
      className="part"
      data-kind={kind}
      data-paused={Boolean(standing?.now.paused)}
      style={{ '--part': isBad ? 'var(--bad)' : colour } as CSSProperties}
    >
      <Ends />
      <b title={name}>{kind === 'request' ? pathOf(name) : name}</b>
      {kind === 'schedule' && <small>by the clock</small>}
      {perSecond > 0 && <small>{rate(perSecond)}/s</small>}
      {standing && <small>{figuresOf(standing)}</small>}
      {standing && <Trouble standing={standing} />}
    </div>
  )
}

/** Without what all of them begin with; it breaks between its steps. */
const pathOf = (request: string) => request.replace(' /v1/', ' /').replaceAll(/(?<=\S)\//g, '\u200B/')

/** Lines go on from left to right, and back a little beneath. */
const Ends = () => (
  <>
    <Handle type="target" id="on" position={Position.Left} isConnectable={false} style={{ top: '42%' }} />
    <Handle type="source" id="back" position={Position.Left} isConnectable={false} style={{ top: '58%' }} />
    <Handle type="source" id="on" position={Position.Right} isConnectable={false} style={{ top: '42%' }} />
    <Handle type="target" id="back" position={Position.Right} isConnectable={false} style={{ top: '58%' }} />
  </>
)

function figuresOf({ now, perSecond, replicas }: Standing): string {
  const by = replicas === undefined ? [] : [replicas === 1 ? '1 process' : `${count(replicas)} processes`]
  return [`${rate(perSecond)}/s`, ...(now.criticalP50 === null ? [] : [duration(now.criticalP50)]), ...by].join(' · ')
}

function Trouble({ standing }: { standing: Standing }) {
  const { reaction, dead } = standing.now
  const others = troubleOf(standing).join(' · ')
  if (dead === 0 && others === '') return null
  return (
    <small className="trouble" title={others}>
      {dead > 0 && <Link to={`/dead-letters/${reaction}`}>{count(dead)} dead</Link>}
      {dead > 0 && others !== '' && ' · '}
      {others}
    </small>
  )
}

/** What does not go as it should beside dead letters, the worst first. */
function troubleOf({ now, failing, queued = 0, oldestMs = 0 }: Standing): string[] {
  return [
    ...(now.paused ? ['paused'] : []),
    ...(now.breaker ? ['breaker open'] : []),
    ...(failing > 0 ? [`${Math.max(1, Math.round(failing * 100))} % fail`] : []),
    ...(queued > 0 ? [`${count(queued)} queued, ${duration(oldestMs)}`] : []),
    ...(now.retrying > 0 ? [`${count(now.retrying)} retrying`] : []),
  ]
}
