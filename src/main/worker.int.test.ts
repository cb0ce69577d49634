import { spawnSync } from 'node:child_process'

/** The process as `npm run worker` starts it; nothing here gets as far as a service. */
function worker(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/main/worker.ts', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('lists the reactions of a folder', () => {
  expect(worker('--list', 'fraud')).toEqual({
    status: 0,
    stdout: 'fraud.screen-order\n  on     order.placed\n  queue  fraud.screen-order\n',
    stderr: '',
  })
})

it('says in one sentence that there is no such reaction, or no such option', () => {
  expect(worker('--list', 'nope').stderr).toMatch(/^No reaction or folder is called nope\. There are: [^\n]+\n$/)
  expect(worker('inventory', '--scale=3')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^Unknown option '--scale'[^\n]*\n$/),
  })
})
