import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const colourful = process.stdout.isTTY && !process.env['NO_COLOR']

/** Styled when the terminal shows it; plain in files and pipes. */
export function styled(style: Style, text: string): string {
  return colourful ? styleText(style, text) : text
}

/** One line, with the process it comes from before it. */
export function print(from: string, sentence: string): void {
  console.log(`${styled('dim', `[${from}]`)} ${sentence}`)
}

export function alarm(from: string, sentence: string): void {
  print(from, styled('red', sentence))
}

export function say(sentence = ''): void {
  console.log(sentence)
}
