// Brings a fresh clone to the point where its own code can run. Plain Node: it works before anything is installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url)) // import.meta.dirname is too new for the old Node we refuse
const OLDEST_NODE = [20, 19]

/** Checks Node, installs dependencies, generates the Prisma client: each only if needed. Ends the process on failure. */
export async function prepare() {
  process.chdir(PROJECT)
  checkNode()
  mkdirSync('.fanfare', { recursive: true })
  const unlock = await lock(path.join(PROJECT, '.fanfare/prepare.lock'))
  try {
    if (!isInstalled()) await install()
    if (!isGenerated()) await generate()
  } finally {
    unlock()
  }
  if (existsSync('.env')) process.loadEnvFile('.env') // what is exported already wins
}

/** Imports a TypeScript file of this project; Node 20 needs tsx for it. */
export async function importTypeScript(file) {
  if (!process.features.typescript) (await import('tsx/esm/api')).register()
  return import(path.join(PROJECT, file))
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldest, oldestMinor] = OLDEST_NODE
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return
  throw new Stopped(
    `Fanfare needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.versions.node}: install a newer one.`,
  )
}

/** True when node_modules holds what the lockfile says. npm writes what it installed when it has finished. */
function isInstalled() {
  const wanted = readPackages('package-lock.json')
  const found = readPackages('node_modules/.package-lock.json')
  if (!wanted || !found) return false
  return Object.entries(wanted).every(([place, { version, optional }]) => {
    if (place === '') return true
    return found[place] ? found[place].version === version : optional
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Nobody looks at a silent terminal for longer without doubt. */
const TELL_MS = 15_000

const secondsSince = (started) => Math.round((Date.now() - started) / 1000)

async function install() {
  const started = Date.now()
  say(
    'Installing the npm packages that this project needs (npm ci), once. ' +
      'It takes a few minutes, in which npm itself says nothing.',
  )
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  const args = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const env = { ...process.env, NODE_ENV: '' } // the tools that start everything are development dependencies
  const told = setInterval(() => say(`npm ci is at work, ${secondsSince(started)} s so far …`), TELL_MS)
  const ending = runToEnd(npm[0], args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const { code } = await ending.finally(() => clearInterval(told))
  if (code !== 0) throw new Stopped('npm ci did not succeed (see above): the dependencies are not installed.')
  say(`Packages installed in ${secondsSince(started)} s.`)
}

const STAMP = 'src/generated/.made-from'

/** True when the client was generated from the schema as it is now. */
function isGenerated() {
  try {
    return existsSync('src/generated/prisma/client.ts') && readFileSync(STAMP, 'utf8') === schemaHash()
  } catch {
    return false
  }
}

function schemaHash() {
  const hash = createHash('sha256').update(readFileSync('node_modules/prisma/package.json'))
  const files = readdirSync('prisma').filter((name) => name.endsWith('.prisma'))
  for (const name of files.sort()) hash.update(name).update(readFileSync(path.join('prisma', name)))
  return hash.digest('hex')
}

async function generate() {
  const hash = schemaHash()
  const started = Date.now()
  say('Generating the database client (prisma generate), some seconds …')
  const { code, output } = await runToEnd(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (code !== 0) throw new Stopped(`prisma generate did not succeed:\n${output}`)
  writeFileSync(STAMP, hash)
  say(`Database client generated in ${secondsSince(started)} s.`)
}

/** Ends the process with one sentence, once everything is put back. */
class Stopped extends Error {}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program in a process group of its own. When we are told to stop it is ended with all that it has started, and we
 * only after it: npm that goes on writing behind our back would be in the way of the next one.
 */
async function runToEnd(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  let stopped = false
  const stop = () => {
    if (!stopped) say('Stopping …')
    stopped = true
    killGroup(child.pid)
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => SIGNALS.forEach((signal) => process.off(signal, stop)))
  if (stopped) throw new Stopped('Stopped before everything was prepared; the next start does it again.')
  return { code, output }
}

function killGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // it ended in the meantime
  }
}

/** One preparation at a time: a second run waits for the first. A lock whose holder is gone is taken over. */
async function lock(folder) {
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(folder)
      writeFileSync(path.join(folder, 'pid'), String(process.pid))
      return () => rmSync(folder, { recursive: true, force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true })
      else if (tries === 5) say('Another command prepares this project: waiting for it …')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function isAbandoned(folder) {
  try {
    process.kill(Number(readFileSync(path.join(folder, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'ESRCH') return true
    return error.code === 'ENOENT' && Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 5_000
  }
}

function say(sentence) {
  console.error(sentence)
}

/** The exit code of a program that Ctrl-C has ended is 130. */
export const endWith = (error) => {
  if (!(error instanceof Stopped)) throw error
  say(error.message)
  process.exit(error.message.startsWith('Stopped') ? 130 : 1)
}
