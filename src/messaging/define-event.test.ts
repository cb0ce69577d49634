import { z } from 'zod'
import { defineEvent, UnreadableEvent } from '#messaging'

const listed = (upcasts: Parameters<typeof defineEvent>[0]['upcasts'] = {}) =>
  defineEvent({
    type: 'gift.added',
    version: 3,
    summary: 'A gift goes into the parcel.',
    stream: () => 'gift-1',
    schema: z.object({ gifts: z.array(z.string()) }),
    upcasts,
  })

const upcasts = {
  1: ({ gift, ...rest }: { gift: string }) => ({ ...rest, named: gift }),
  2: ({ named }: { named: string }) => ({ gifts: [named] }),
}

it('reads data of every older version, one upcast after the other', () => {
  expect(listed(upcasts).read({ gift: 'mug' }, 1)).toEqual({ gifts: ['mug'] })
  expect(listed(upcasts).read({ named: 'mug' }, 2)).toEqual({ gifts: ['mug'] })
})

it.each([
  ['no object', undefined, 1, /version 1 cannot be read: its upcast to version 2 fails: Cannot destructure/],
  ['not what the version was', { gift: 7 }, 1, /do not fit its schema: \/gifts\/0: /],
  ['of a newer version', {}, 4, /version 4 is newer than version 3/],
])('data that are %s are unreadable, and no fault of the process', (_what, data, version, told) => {
  const read = () => listed(upcasts).read(data, version)
  expect(read).toThrow(UnreadableEvent)
  expect(read).toThrow(told)
})

it('says which upcast is missing', () => {
  expect(() => listed({ 1: upcasts[1] }).read({ gift: 'mug' }, 1)).toThrow(/no upcast to version 3 is defined/)
})
