import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../../dev/services/index.ts'

/** The peers are a package of their own: nothing of it is installed until they are measured. */
export const HOME = path.join(PROJECT, 'bench/peers')

const NODE = 24

export function installPeers(say: (line: string) => void): void {
  if (!isInstalled()) {
    say('installing the peers (npm ci in bench/peers)')
    const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: HOME, encoding: 'utf8' })
    if (status !== 0) throw new SetupError(`The peers could not be installed:\n${stderr}`)
  }
  peerNode()
}

/** npm's own note of what it has installed is as new as the lockfile. */
function isInstalled(): boolean {
  const args = ['ls', '--depth=0', '--silent']
  return existsSync(path.join(HOME, 'node_modules')) && spawnSync('npm', args, { cwd: HOME }).status === 0
}

/** The Node of every row, ourselves included: this one if it is new enough for all, else the one npm has brought. */
export function peerNode(): string {
  if (Number(process.versions.node.split('.')[0]) >= NODE) return process.execPath
  const brought = path.join(HOME, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
  if (existsSync(brought)) return brought
  throw new SetupError(`Some peers need Node ${NODE}: run the benchmark with it.`)
}

/** What was measured: the Node of every row, and the packages that a row is named after. */
export function versions(): Record<string, string> {
  const { stdout } = spawnSync(peerNode(), ['--version'], { encoding: 'utf8' })
  const { dependencies } = JSON.parse(readFileSync(path.join(HOME, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return { 'Node of every row': stdout.trim(), ...dependencies }
}
