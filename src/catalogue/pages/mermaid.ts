import type { Catalogue, Entry, Publisher } from '../catalogue.ts'

/** All events, with who publishes them because of which. */
export function drawAll({ entries, release }: Catalogue): string {
  const publishing = release.reactions.filter(({ publishes }) => publishes.length > 0)
  const causes = publishing.flatMap(({ name, on }) => on.map(({ type }) => `${id(type)} --> ${reaction(name)}`))
  const effects = entries.flatMap(({ type: { type }, publishers }) =>
    publishers.map((one) => `${node(one)} --> ${event(type)}`),
  )
  return drawing([...effects, ...causes])
}

/** One event between those who publish it, those who react and the read models that are made from it. */
export const drawEvent = ({ type: { type }, publishers, reactions, projections }: Entry): string =>
  drawing([
    ...publishers.map((one) => `${node(one)} --> ${event(type)}`),
    ...reactions.map((name) => `${event(type)} --> ${reaction(name)}`),
    ...projections.map((name) => `${event(type)} -.-> ${projection(name)}`),
    ...(publishers.length + reactions.length === 0 ? [event(type)] : []),
  ])

const drawing = (lines: readonly string[]) =>
  ['```mermaid', 'flowchart LR', ...lines.map((line) => `  ${line}`), '```'].join('\n')

const id = (name: string) => name.replaceAll(/[^a-z0-9]+/gi, '_')
const event = (type: string) => `${id(type)}["${type}"]`
const reaction = (name: string) => `r_${id(name)}(["${name}"])`
const projection = (name: string) => `p_${id(name)}[("${name}")]`
const node = ({ kind, name }: Publisher) => (kind === 'reaction' ? reaction(name) : `q_${id(name)}[/"${name}"/]`)
