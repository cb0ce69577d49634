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

/** Installs the packages' binaries. Rejects with the last words of apt-get. */
export function installPackages(names: ServiceName[]): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  return new Promise((resolve, reject) => {
    const [command = 'sh', ...args] = [...asRoot, 'sh', '-c', INSTALL, 'install', ...packagesOf(names)]
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)))
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(said.trim().split('\n').at(-1)))))
  })
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
