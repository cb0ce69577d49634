import { rmSync } from 'node:fs'
import path from 'node:path'
import { waitFor } from '../../dev/services/index.ts'
import { freePort } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { HOME } from './packages.ts'

const PROGRAM = path.join(
  HOME,
  `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
)
/** Its own defaults write the log as a cluster does; the tuned one keeps it for a single server. Both flush it. */
const SETTINGS = {
  default: {},
  tuned: { RESTATE_BIFROST__DEFAULT_PROVIDER: 'local', RESTATE_DEFAULT_NUM_PARTITIONS: '4' },
}

export interface RestateServer {
  /** Where its callers and its handlers find it. */
  env: Record<string, string>
  /** Its data go too. */
  stop: () => Promise<void>
}

/** Restate's server for one configuration: a service like the brokers of the others, so it is not killed. */
export async function startRestate(
  stage: Stage,
  name: string,
  configuration: keyof typeof SETTINGS,
): Promise<RestateServer> {
  const [ingress, admin, node, endpoint] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const folder = path.join(stage.set.folder, name)
  const server = await stage.start({
    name: 'restate server',
    program: PROGRAM,
    args: ['--base-dir', folder, '--node-name', name],
    env: {
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
      ...SETTINGS[configuration],
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
    },
    foreign: true,
  })
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  if (!(await waitFor(async () => (await fetch(`http://127.0.0.1:${admin}/health`)).ok, 60))) {
    await stop()
    throw new Error(`Restate did not start: ${server.output()}`)
  }
  return {
    env: {
      RESTATE_INGRESS: `http://127.0.0.1:${ingress}`,
      RESTATE_ADMIN: `http://127.0.0.1:${admin}`,
      RESTATE_ENDPOINT_PORT: String(endpoint),
    },
    stop,
  }
}
