import { byArea, type Catalogue, type Entry } from '../catalogue.ts'
import { toText } from '../versions/text.ts'
import { fieldsOf } from './fields.ts'
import { STYLE } from './style.ts'

/** The catalogue as one page that needs nothing else: no script, no request to anybody. */
export function htmlPage(catalogue: Catalogue): string {
  const { entries, release } = catalogue
  const effects = new Map(release.reactions.map(({ name, publishes }) => [name, publishes.map(({ type }) => type)]))
  const toc = [...byArea(catalogue)].map(
    ([area, ofArea]) =>
      `<li>${area}<ul>${ofArea.map(({ type: { type } }) => `<li>${link(type)}</li>`).join('')}</ul></li>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Events of Fanfare</title>
<style>${STYLE}</style>
</head>
<body>
<nav><h1>Events</h1><ul>${toc.join('')}</ul></nav>
<main>
<header>
<p>Each event is published once. Everybody who is on it gets a copy, in a queue of its own.</p>
<p><a href="/events/asyncapi.json">AsyncAPI 3 document</a> · <a href="/docs">HTTP API</a></p>
</header>
${entries.map((entry) => section(entry, effects)).join('\n')}
</main>
</body>
</html>
`
}

type Effects = ReadonlyMap<string, readonly string[]>

function section(entry: Entry, effects: Effects): string {
  const { name, versions, publishers } = entry
  const { type, summary } = entry.type
  const [version, published] = versions.at(-1) ?? [1, { schema: {}, examples: [] }]
  const older = versions.map(([nth]) => `<a href="/events/${type}/${nth}">version ${nth}</a>`)
  const causes = publishers.map((one) => `<li class="${one.kind}">${escape(one.name)}</li>`)
  const reacts = entry.reactions.map((reaction) => {
    const next = (effects.get(reaction) ?? []).map(link).join(' ')
    return `<li class="reaction">${escape(reaction)}${next && `<span class="next">may publish ${next}</span>`}</li>`
  })
  const shown = entry.projections.map((projection) => `<li>${escape(projection)}</li>`)
  return `<section id="${type}">
<h2>${type}</h2>
<p class="summary">${escape(summary)}</p>
<p class="meta"><code>${name}</code> · ${older.join(' · ')}</p>
<div class="flow">
<div><h3>Published by</h3><ul>${causes.join('') || '<li class="none">nobody in this release</li>'}</ul></div>
<div class="arrow" aria-hidden="true"></div>
<div class="event">${type}</div>
<div class="arrow" aria-hidden="true"></div>
<div><h3>Reactions</h3><ul>${reacts.join('') || '<li class="none">none</li>'}</ul>
<h3>Projections</h3><ul>${shown.join('') || '<li class="none">none</li>'}</ul></div>
</div>
<details><summary>Data of version ${version}, and an example</summary>
<div class="data">
<table>${fieldsOf(published.schema).map(row).join('')}</table>
<pre>${escape(toText(published.examples.at(-1)).trimEnd())}</pre>
</div>
</details>
</section>`
}

const row = ({ path, says, isOptional }: ReturnType<typeof fieldsOf>[number]) =>
  `<tr><th><code>${escape(path)}</code></th><td>${escape(says)}${isOptional ? ' <i>optional</i>' : ''}</td></tr>`

const link = (type: string) => `<a href="#${type}">${type}</a>`

const escape = (text: string) =>
  text.replaceAll(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)
