/** Apart enough for eyes that see few colours; each on a light and on a dark ground. */
const HUES = [
  ['#2f6feb', '#58a6ff'],
  ['#bc6c0a', '#e3a13a'],
  ['#0f8a5f', '#3fb98a'],
  ['#8a3ffc', '#b78aff'],
  ['#c6246f', '#f778ba'],
  ['#0b7f96', '#39c5d8'],
  ['#bf3a30', '#ff8f85'],
  ['#5b7f12', '#9dc14a'],
] as const

/** The class of the colour of an event type: one colour for a family (`order`, `payment`, …), in order of appearance. */
export function coloursOf(types: readonly string[]): (type: string) => string {
  const families = [...new Set(types.map(familyOf))]
  return (type) => `hue${families.indexOf(familyOf(type)) % HUES.length}`
}

export const familyOf = (type: string) => type.split('.')[0]!
const hues = (shade: 0 | 1) => HUES.map((shades, index) => `.hue${index} { color: ${shades[shade]} }`).join(' ')

/** The picture stands on a ground of its own, so it can be read whatever is around it. */
export const STYLE = `
.ground { fill: #fff; stroke: #d0d7de }
.stripe { fill: #f6f8fa }
.grid { stroke: #d8dee4 }
.cut { fill: #e7ebef }
text { fill: #1f2328; font: 12px ui-sans-serif, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif }
.title { font-size: 16px; font-weight: 600 }
.dim { fill: #59636e }
.small { font-size: 11px }
.name { font-weight: 600 }
.bar { fill: currentColor }
.inside { fill: #fff; font-size: 10px }
.said { font-size: 11px; font-weight: 600; paint-order: stroke; stroke-width: 3px; stroke-linejoin: round }
.event { fill: currentColor }
.knot { fill: currentColor }
.knot, .bar { stroke-width: 1.5 }
.knot, .bar, .said { stroke: #fff }
.striped .knot, .striped .bar, .striped .said { stroke: #f6f8fa }
.way { fill: none; stroke: currentColor; stroke-width: 1.4; opacity: 0.6 }
.later { stroke-dasharray: 2 3 }
.failed { color: #9a6700 }
.dead { color: #cf222e }
.none { color: #818b98 }
.cross { stroke: currentColor; stroke-width: 2.5; stroke-linecap: round }
${hues(0)}
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; stroke: #30363d }
.stripe { fill: #151b23 }
.grid { stroke: #262c36 }
.cut { fill: #252c35 }
text { fill: #e6edf3 }
.dim { fill: #9198a1 }
.inside { fill: #0d1117; font-weight: 600 }
.event { fill: currentColor }
.knot, .bar, .said { stroke: #0d1117 }
.striped .knot, .striped .bar, .striped .said { stroke: #151b23 }
.failed { color: #d29922 }
.dead { color: #f85149 }
${hues(1)}
}`
