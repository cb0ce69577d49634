import { affectedBy } from './affected.ts'

const processes = [
  { name: 'api' },
  { name: 'scheduler' },
  { name: 'relay' },
  { name: 'worker loyalty', reactions: ['loyalty'] },
  { name: 'worker inventory.reserve-stock 1', reactions: ['inventory.reserve-stock'] },
]
const all = processes.map(({ name }) => name)

it.each([
  [['workers/loyalty/award-points.ts'], ['worker loyalty']],
  [['workers/inventory/new-one.ts'], ['worker inventory.reserve-stock 1']],
  [
    ['workers/loyalty/award-points.ts', 'src/api/serve.ts'],
    ['api', 'worker loyalty'],
  ],
  [['src/jobs/schedules.ts'], ['scheduler']],
  [['src/messaging/relay/relay.ts'], ['relay']],
  [['src/messaging/reactions/settle.ts'], ['worker loyalty', 'worker inventory.reserve-stock 1']],
  [['src/cli/fanfare.ts', 'src/testing/react.ts'], []],
  [['src/domains/order/state/order.ts'], all],
  [['src/events/order.ts'], all],
])('%j concern %j', (files, names) => expect(affectedBy(files, processes)).toEqual(names))
