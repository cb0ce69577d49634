import type { PrivateService, ServiceName } from '../contract.ts'
import type { InstanceSet } from '../instance-set.ts'
import { postgres } from './postgres.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'

export const PRIVATE: Record<ServiceName, PrivateService> = { postgres, rabbitmq, redis }

/** True when the private instance of this set runs. */
export const isRunning = (name: ServiceName, set: InstanceSet) => PRIVATE[name].isRunning(set)

/** Starts one private instance (a second call does nothing) and resolves with its URL once it answers. */
export async function startService(name: ServiceName, set: InstanceSet): Promise<string> {
  await PRIVATE[name].start(set)
  return PRIVATE[name].url(set)
}

/** @param signal SIGTERM stops cleanly, SIGKILL is a crash. @default 'SIGTERM' */
export async function stopService(name: ServiceName, set: InstanceSet, signal?: NodeJS.Signals): Promise<void> {
  await PRIVATE[name].stop(set, signal)
}

/** Crashes it if it runs, and deletes its data: the next start begins empty, at the same URL. */
export async function wipeService(name: ServiceName, set: InstanceSet): Promise<void> {
  await PRIVATE[name].stop(set, 'SIGKILL')
  await PRIVATE[name].wipe(set)
}
