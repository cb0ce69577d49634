import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { ServiceName } from '../contract.ts'

const PACKAGES: Record<ServiceName, string> = {
  postgres: 'postgresql',
  rabbitmq: 'rabbitmq-server',
  redis: 'redis-server',
}

/** True on Debian and its kin when we are root or may become root without a password. */
export function canInstallPackages(): boolean {
  if (!existsSync('/etc/debian_version') || spawnSync('apt-get', ['--version']).status !== 0) return false
  return process.getuid?.() === 0 || spawnSync('sudo', ['-n', 'true']).status === 0
}

export const packagesOf = (names: ServiceName[]) => names.map((name) => PACKAGES[name])

/**
 * Installs the packages' binaries. When the signal is aborted it ends after the step that is under way: a package that is
 * half installed would stop the next apt-get. @throws the last words of apt-get, or the signal's reason
 */
export async function installPackages(names: ServiceName[], signal?: AbortSignal): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const [command = 'sh', ...args] = [...asRoot, 'sh', '-c', INSTALL, 'install', ...packagesOf(names)]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const end = () => child.kill('SIGTERM') // to the shell, which hears it between two steps
  signal?.addEventListener('abort', end, { once: true })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => signal?.removeEventListener('abort', end))
  signal?.throwIfAborted()
  if (code !== 0) throw new Error(said.trim().split('\n').at(-1))
}

/**
 * These packages start their servers as they are installed, and again with each boot. Debian asks policy-rc.d before
 * the first; ours says no for the time of the installation. The units they bring are switched off for the second.
 */
export const INSTALL = `
set -e
policy=\${POLICY:-/usr/sbin/policy-rc.d}
saved=$policy.before-fanfare
restore() { rm -f "$policy"; [ ! -e "$saved" ] || mv "$saved" "$policy"; }
[ ! -e "$policy" ] || mv "$policy" "$saved"
trap restore EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\\nexit 101\\n' >"$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=120 update
apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then
  for package in "$@"; do systemctl --quiet disable "$package" 2>/dev/null || true; done
fi
`
