import { filled, hanging } from './hanging.ts'

const line =
  '     12 ms    \u001B[33m✗\u001B[39m payment.authorize-payment\u001B[2m ← order.placed\u001B[22m, attempt 1: no answer'

it('breaks a line between words, and counts what a terminal shows', () => {
  expect(hanging(line, 16, 60).split('\n')).toEqual([
    '     12 ms    \u001B[33m✗\u001B[39m payment.authorize-payment\u001B[2m ← order.placed\u001B[22m,',
    '                attempt 1: no answer',
  ])
  expect(hanging(line, 16, 200)).toBe(line)
})

it('leaves a word whole that is too long, and lines of files', () => {
  expect(hanging(`a ${'b'.repeat(40)} c`, 2, 20)).toBe(`a\n  ${'b'.repeat(40)}\n  c`)
  expect(hanging(line, 16, Number.POSITIVE_INFINITY)).toBe(line)
})

it('fills the lines of a terminal with paragraphs, and leaves what is indented', () => {
  const help =
    'Usage: fanfare\n\nExit codes: 0 ok ·\n1 something was found\n\nExamples:\n  fanfare audit --json --patience 1h'
  expect(filled(help, 30)).toBe(
    'Usage: fanfare\n\nExit codes: 0 ok · 1 something\nwas found\n\nExamples:\n  fanfare audit --json --patience 1h',
  )
  expect(filled(help, Infinity)).toBe(help)
})
