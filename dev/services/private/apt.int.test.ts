import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { INSTALL } from './apt.ts'

let folder: string
let policy: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  policy = path.join(folder, 'policy-rc.d')
  mkdirSync(path.join(folder, 'bin'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the installation with an apt-get that notes its arguments and what policy-rc.d answers. */
function install(exitCode: number) {
  const apt = path.join(folder, 'bin/apt-get')
  writeFileSync(apt, `#!/bin/sh\n"${policy}" redis-server start\necho "$? $*" >>${folder}/calls\nexit ${exitCode}\n`)
  chmodSync(apt, 0o755)
  const env = { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}`, POLICY: policy }
  const { status } = spawnSync('sh', ['-c', INSTALL, 'install', 'redis-server'], { env })
  return { status, calls: readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n') }
}

it('forbids the packages to start their servers while it installs them', () => {
  const { status, calls } = install(0)
  expect(status).toBe(0)
  expect(calls.at(-1)).toMatch(/^101 .* install --yes --no-install-recommends redis-server$/)
  expect(existsSync(policy)).toBe(false)
})

it('puts an own policy back, also when the installation fails', () => {
  writeFileSync(policy, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const { status, calls } = install(100)
  expect(status).toBe(100)
  expect(calls[0]).toMatch(/^101 /)
  expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n')
})
