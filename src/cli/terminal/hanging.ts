import { stripVTControlCharacters } from 'node:util'

/**
 * Breaks a line between words where the terminal is narrower than it; what follows stands `indent` columns further in. In files and pipes
 * a line stays whole.
 */
export function hanging(
  text: string,
  indent: number,
  wide = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const longer = line === '' ? word : `${line} ${word}`
    const fits = line === '' || stripVTControlCharacters(longer).length <= wide
    if (!fits) lines.push(line)
    line = fits ? longer : ' '.repeat(indent) + word
  }
  return [...lines, line].join('\n')
}
