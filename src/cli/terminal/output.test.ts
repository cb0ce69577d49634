import { table, visible } from './output.ts'

it.each([
  ['a screen that is cleared', 'a\u001B[2J\u001B[Hb', String.raw`a\u001b[2J\u001b[Hb`],
  ['a title that is set', '\u001B]0;root\u0007', String.raw`\u001b]0;root\u0007`],
  ['the same in one character', 'a\u009B2Jb\u007F', String.raw`a\u009b2Jb\u007f`],
  ['a line that writes over itself', 'paid\rfree', String.raw`paid\u000dfree`],
  ['hidden text', 'a\u001B[8mb', String.raw`a\u001b[8mb`],
  ['text that is turned around', 'a\u202Eb\u2066c', String.raw`a\u202eb\u2066c`],
])('shows by its code %s', (_what, text, shown) => {
  expect(visible(text)).toBe(shown)
})

it('leaves our own styles, ends of lines, tabs and every script', () => {
  const text = '\u001B[1mHéllo\u001B[22m \u001B[31mשלום\u001B[39m\n\t日本 👩‍👩‍👧'
  expect(visible(text)).toBe(text)
})

it('leaves JSON the same text', () => {
  const value = { text: 'a\u009B2J\u202Eb' }
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value)
})

const HEAD = ['reaction', 'dead', 'error']
const ROWS = [
  ['notification.email-customer', 71, 'The mail server answered 550 to RCPT TO: no such mailbox'],
  ['order.advance-order', 1, 'short'],
]
const linesOf = (room?: number) => table(HEAD, ROWS, room).split('\n').map((line) => line.trimEnd()) // prettier-ignore

it('cuts the last column of a table where the terminal ends', () => {
  expect(linesOf(90)).toEqual([
    ' reaction                      dead   error',
    ' notification.email-customer   71     The mail server answered 550 to RCPT TO: no such …',
    ' order.advance-order           1      short',
  ])
})

it('puts the last column beneath, whole, where there is no room for it', () => {
  expect(linesOf(50)).toEqual([
    ' reaction                      dead',
    ' notification.email-customer   71',
    '   The mail server answered 550 to RCPT TO: no',
    '   such mailbox',
    ' order.advance-order           1',
    '   short',
  ])
})

it('puts every column beneath that has no room, with its name', () => {
  const head = ['id', 'reaction', 'attempts', 'due', 'why']
  const row = ['01a2', 'notification.email-customer', 3, '', 'no such mailbox']
  expect(table(head, [row], 40).split('\n').map((line) => line.trimEnd())).toEqual([
    ' id     reaction',
    ' 01a2   notification.email-customer',
    '   attempts 3',
    '   no such mailbox',
  ]) // prettier-ignore
})

it('leaves a table whole where no terminal ends', () => {
  expect(linesOf(Infinity)[1]).toContain('no such mailbox')
})
