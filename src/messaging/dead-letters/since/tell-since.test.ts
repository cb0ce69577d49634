import { tellSince, type Since } from './tell-since.ts'

const [older, newer] = [
  { release: '1.0.0', since: new Date('2026-11-21T09:00:00Z') },
  { release: '1.1.0', since: new Date('2026-11-22T12:03:10Z') },
]
const failed: Since = {
  reaction: 'loyalty.award-points',
  failureClass: 'code',
  isForeign: false,
  dependency: null,
  failedIn: '1.0.0',
  stillFails: false,
  running: [older],
  handledSince: 0,
}

test.each<[string, Partial<Since>, string]>([
  ['deploy', {}, 'Release 1.0.0 failed, and it is what runs: deploy one that is corrected first.'],
  [
    'deploy',
    { stillFails: true },
    'Release 1.0.0 failed, and it is what runs and newer attempts fail in the same way: deploy one that is corrected first.',
  ],
  [
    'wait',
    { running: [older, newer] },
    'Release 1.0.0 failed, and 1.1.0 runs since 2026-11-22 12:03 UTC beside it: wait until 1.0.0 is gone.',
  ],
  [
    'canary',
    { running: [newer] },
    'Release 1.0.0 failed; 1.1.0 runs since 2026-11-22 12:03 UTC and has not failed so: redrive a few first.',
  ],
  [
    'redrive',
    { running: [newer], handledSince: 57 },
    'Release 1.0.0 failed; 1.1.0 runs since 2026-11-22 12:03 UTC and has not failed so, and 57 others were handled since: redrive.',
  ],
  ['canary', { failedIn: null }, 'Which release failed is not known: redrive a few first.'],
  ['start', { running: [] }, 'No process that runs now has loyalty.award-points: start one, then redrive.'],
  [
    'edit',
    { failureClass: 'data', handledSince: 1 },
    'The message was refused, and another was handled since: edit it, or redrive it where what refused it has changed.',
  ],
  ['discard', { isForeign: true }, 'The event store does not have it, so it can only be discarded.'],
  [
    'wait',
    { failureClass: 'dependency', dependency: 'mail-server', stillFails: true },
    'Newer attempts fail in the same way: repair mail-server first.',
  ],
  [
    'redrive',
    { failureClass: 'dependency', dependency: 'mail-server', handledSince: 3 },
    'It is mail-server that failed, and 3 others were handled since: redrive.',
  ],
  [
    'canary',
    { failureClass: 'dependency' },
    'It is what it calls that failed, and nothing was handled since: redrive a few first.',
  ],
])('%s: %j', (advice, given, sentence) => {
  expect(tellSince({ ...failed, ...given })).toEqual({ advice, sentence })
})
