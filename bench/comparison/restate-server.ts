import { rmSync } from 'node:fs'
import path from 'node:path'
import { waitFor } from '../../scripts/services/index.ts'
import { freePort } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { HOME } from './packages.ts'

const PROGRAM = path.join(
  HOME,
  `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
)
const PARTITIONS = { default: 24, tuned: 4 }

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
  configuration: keyof typeof PARTITIONS,
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
      RESTATE_DEFAULT_NUM_PARTITIONS: String(PARTITIONS[configuration]),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
    },
    foreign: true,
  })
  if (!(await waitFor(async () => (await fetch(`http://127.0.0.1:${admin}/health`)).ok, 60)))
    throw new Error(`Restate did not start: ${server.output()}`)
  return {
    env: {
      RESTATE_INGRESS: `http://127.0.0.1:${ingress}`,
      RESTATE_ADMIN: `http://127.0.0.1:${admin}`,
      RESTATE_ENDPOINT_PORT: String(endpoint),
    },
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
