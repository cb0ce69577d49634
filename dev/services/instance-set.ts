import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { PROJECT } from '../project.ts'
import { waitFor } from '../processes/wait-for.ts'

/** What listens on a port of its own. The `dev` set takes these when they are free; all else takes any free port. */
const FIRST_CHOICE = {
  postgres: 5440,
  rabbitmq: 5680,
  rabbitmqManagement: 15680,
  rabbitmqDistribution: 25680,
  epmd: 4380,
  redis: 6390,
  smtp: 1025,
  mail: 1080,
  gateway: 4010,
  sms: 4020,
} as const

const LOOPBACK = '127.0.0.1'

export type PortName = keyof typeof FIRST_CHOICE

interface State {
  /** Random, so that a second clone, or a fresh one in the same folder, never meets this one's data. */
  id: string
  /** Password of the private instances. */
  secret: string
  ports: Partial<Record<PortName, number>>
  /** Where PostgreSQL's data is when it is not in the set's folder: in memory, or where its user can go. */
  postgresFolder?: string
  /** What the database was last filled with. */
  seed?: string
}

/** One set of services with its own ports and data: `dev` for `npm start`, `test` for `npm test`, more for experiments. */
export class InstanceSet {
  readonly name: string
  /** Holds all data of the set. */
  readonly folder: string
  readonly state: State
  #portsAreFixed = false

  private constructor(name: string, folder: string) {
    this.name = name
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    this.state = readState(this.file) ?? {
      id: randomBytes(4).toString('hex'),
      secret: randomBytes(12).toString('hex'),
      ports: {},
    }
    this.save()
  }

  /** @param folder defaults to .fanfare/<name> in the project */
  static open(name: string, folder = path.join(PROJECT, '.fanfare', name)): InstanceSet {
    return new InstanceSet(name, folder)
  }

  /** The same set for services that are started again: whoever uses them knows their ports, so these must not change. */
  withFixedPorts(): InstanceSet {
    const fixed = new InstanceSet(this.name, this.folder)
    fixed.#portsAreFixed = true
    return fixed
  }

  /** The remembered port. */
  port(name: PortName): number {
    const port = this.state.ports[name]
    if (port === undefined) throw new Error(`no port was chosen yet for ${name}`)
    return port
  }

  /** Keeps a remembered port that is still free; chooses and remembers another one otherwise. */
  async choosePort(name: PortName): Promise<number> {
    const taken = Object.entries(this.state.ports).flatMap(([other, port]) => (other === name ? [] : [port]))
    const remembered = this.state.ports[name]
    // A server that was killed may still be giving its port back.
    const patienceS = this.#portsAreFixed ? 30 : 2
    if (remembered !== undefined && (await waitFor(() => isFree(remembered, LOOPBACK), patienceS))) return remembered
    if (this.#portsAreFixed) throw new Error(`port ${remembered} of ${name} is not free`)
    const first = remembered ?? (this.name === 'dev' ? FIRST_CHOICE[name] : anyPort())
    const candidates = [first, ...Array.from({ length: 50 }, anyPort)]
    for (const port of candidates) {
      if (taken.includes(port) || !(await isFree(port, LOOPBACK))) continue
      this.state.ports[name] = port
      this.save()
      return port
    }
    throw new Error(`found no free port for ${name}`)
  }

  /** Takes over what another process has remembered since this was opened. */
  refresh(): void {
    Object.assign(this.state, readState(this.file))
  }

  save(): void {
    const draft = `${this.file}.${process.pid}`
    writeFileSync(draft, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600 })
    renameSync(draft, this.file)
  }

  private get file(): string {
    return path.join(this.folder, 'services.json')
  }
}

function readState(file: string): State | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State
  } catch {
    return undefined
  }
}

/** Below the ports that systems give to outgoing connections, so a remembered one stays free. */
function anyPort(): number {
  return 20_000 + Math.floor(Math.random() * 10_000)
}

/** True when this process could listen on the port of this address, or without one of all addresses. */
export async function isFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, exclusive: true, ...(host && { host }) }, () => server.close(() => resolve(true)))
  })
}
