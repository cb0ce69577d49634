/** The known name that a mistyped one is closest to, as a sentence to append; empty when none is close. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const ranked = [...known]
    .map((name) => ({ name, distance: distanceOf(typed, name) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(2, typed.length * 0.4) ? ` Did you mean ${best.name}?` : ''
}

/** Changes of one letter that lead from one word to the other (Levenshtein); a part before or after a dot costs one. */
function distanceOf(a: string, b: string): number {
  if (b.split('.').includes(a)) return 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1]
    for (const [j, other] of b.split('').entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
