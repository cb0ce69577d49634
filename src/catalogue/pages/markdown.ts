import { byArea, type Catalogue, type Entry, type Publisher } from '../catalogue.ts'
import { toText } from '../versions/text.ts'
import { drawAll, drawEvent } from './mermaid.ts'
import { fieldsOf } from './fields.ts'

const WRITTEN = '<!-- Written by npm run events -- record: change src/events or the reactions, not this file. -->\n'

/** The pages of docs/events: their names and texts. */
export function markdownPages(catalogue: Catalogue): Map<string, string> {
  const areas = byArea(catalogue)
  const pages = [...areas].map(([area, entries]) => [`${area}.md`, areaPage(area, entries)] as const)
  return new Map([['README.md', indexPage(areas, catalogue)], ...pages])
}

function indexPage(areas: ReadonlyMap<string, readonly Entry[]>, catalogue: Catalogue): string {
  const tables = [...areas].map(([area, entries]) => {
    const rows = entries.map(({ name, type: { type, version, summary } }) => {
      return `| [\`${type}\`](${area}.md#${anchor(type)}) | \`${name}\` | ${version} | ${cell(summary)} |`
    })
    return [
      `## ${area}`,
      '',
      '| event | in the code | version | what has become true |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n')
  })
  return `${WRITTEN}
# Events

Every event of this release: what has become true, who publishes it, who reacts. Events belong to the stream \`order-<id>\`, and are
published in its order. The running API shows the same at \`/events\`, with the AsyncAPI 3 document at \`/events/asyncapi.json\` and the JSON
Schema of each version where \`dataschema\` of an event leads. [How an event is changed](../reactions.md#changing-an-event).

What really happened in a database, against what stands here: \`npm run events -- causes\`.

${tables.join('\n\n')}

## Who causes what

Reactions that publish nothing are left out; they stand on the page of each event.

${drawAll(catalogue)}
`
}

function areaPage(area: string, entries: readonly Entry[]): string {
  return `${WRITTEN}\n# Events: ${area}\n\n[All events](README.md)\n\n${entries.map(chapter).join('\n\n')}\n`
}

function chapter(entry: Entry): string {
  const { name, type, versions } = entry
  const [version, published] = versions.at(-1) ?? [type.version, { schema: {}, examples: [] }]
  const fields = fieldsOf(published.schema).map(
    ({ path, says, isOptional }) => `| \`${path}\` | ${cell(says)}${isOptional ? ', optional' : ''} |`,
  )
  const links = versions.map(([nth]) => `[${nth}](../../src/events/published/${type.type}/v${nth}.json)`)
  return `## ${type.type}

${type.summary} In the code: \`${name}\`. Versions: ${links.join(', ')}.

${drawEvent(entry)}

Published by ${listed(entry.publishers.map(told), 'nobody in this release')}. Reactions: ${listed(entry.reactions.map(code), 'none')}. [Projections](../projections.md): ${listed(entry.projections.map(code), 'none')}.

| data of version ${version} | |
| --- | --- |
${fields.join('\n')}

\`\`\`json
${toText(published.examples.at(-1)).trimEnd()}
\`\`\``
}

const code = (name: string) => `\`${name}\``
const told = ({ kind, name }: Publisher) => (kind === 'schedule' ? `the schedule ${code(name)}` : code(name))
const listed = (names: readonly string[], none: string) => (names.length > 0 ? names.join(', ') : none)
const cell = (text: string) => text.replaceAll('|', String.raw`\|`)
const anchor = (heading: string) => heading.replaceAll('.', '')
