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

/** Columns that are read easily. */
const MOST = 120

/** Paragraphs that fill the terminal's lines; what is indented stays as it is, as everything does in files and pipes. */
export function filled(text: string, wide = process.stdout.columns ?? Number.POSITIVE_INFINITY): string {
  if (wide === Number.POSITIVE_INFINITY) return text
  const paragraphs = text.replaceAll(/(?<=^\S.*)\n(?=\S)/gm, ' ').split('\n')
  return paragraphs.map((line) => (/^\S/.test(line) ? hanging(line, 0, Math.min(wide, MOST)) : line)).join('\n')
}
