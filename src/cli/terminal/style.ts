import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Styled when the terminal shows it; plain in files and pipes, and where NO_COLOR is set. */
export function styled(style: Style, text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text) : text
}
