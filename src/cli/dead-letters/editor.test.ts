import { edit } from './editor.ts'

it('says what to do where no editor is installed, as in a slim container', () => {
  expect(() => edit('data.json', { PATH: '/nowhere' })).toThrow(
    /^No editor is installed here \(vi, nano\), and EDITOR names none\. Change single values with --set, .* --file/,
  )
})

it('says which editor cannot be started, and that one has failed', () => {
  expect(() => edit('data.json', { EDITOR: 'no-such-editor --wait' })).toThrow(
    /^The editor no-such-editor cannot be started \(.*ENOENT\): set EDITOR, or use --set or --file\.$/,
  )
  expect(() => edit('data.json', { ...process.env, VISUAL: 'false' })).toThrow(
    'The editor ended with 1; nothing was changed.',
  )
})
