import { lowerWatermarks, requestRecovery } from './deliveries/recovery-requests.ts'
import { knownSubscriptions } from './deliveries/subscriptions.ts'
import { createBrokerCheck } from './reconcile/broker-check.ts'
import { createRecovery } from './reconcile/recovery.ts'
import type { RelayOptions } from './relay/options.ts'
import { runRelay, type Relay } from './relay/relay.ts'

/** The relay with what it needs of the rooms beside it. */
export function startRelay(options: RelayOptions): Relay {
  const checkBroker = createBrokerCheck(options)
  const recovery = createRecovery(options)
  return runRelay({
    ...options,
    subscriptions: () => knownSubscriptions(options.db),
    requestRecovery,
    lowerWatermarks,
    async heal(writeCheckpoint) {
      await checkBroker(writeCheckpoint)
      await recovery.tick(writeCheckpoint)
    },
    stop: recovery.stop,
  })
}
