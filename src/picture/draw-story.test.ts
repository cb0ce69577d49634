import { drawStory } from './draw-story.ts'
import type { Story, StoryReaction } from './story.ts'

const handled = (reaction: string, afterMs: number): StoryReaction => ({
  reaction,
  state: 'handled',
  afterMs,
  durationMs: 5,
  history: [],
})
const waiting = (reaction: string): StoryReaction => ({ ...handled(reaction, 0), state: 'waiting', afterMs: null })

const placed = {
  id: 'a',
  type: 'order.placed',
  afterMs: 0,
  publishedBy: null,
  reactions: [handled('inventory.reserve-stock', 30), handled('fraud.screen-order', 20)],
}
const reserved = {
  id: 'b',
  type: 'stock.reserved',
  afterMs: 31,
  publishedBy: 'inventory.reserve-stock',
  reactions: [waiting('order.advance-order')],
}
const story: Story = { orderId: '01a1fd57', status: 'placed', events: [placed, reserved] }
const AGAIN = 'npm run story -- 01a1fd57 --svg story.svg'
const count = (picture: string, part: string) => picture.split(part).length - 1

/** The names of the lanes, from top to bottom. */
const lanes = (picture: string) => [...picture.matchAll(/class="name">([^<]+)</g)].map(([, name]) => name)

it('has a lane for each reaction in the order in which they began, a dot for each event, a bar for each work', () => {
  const picture = drawStory(story, AGAIN)
  expect(lanes(picture)).toEqual(['screen-order', 'reserve-stock', 'advance-order'])
  expect(count(picture, '<circle class="knot"')).toBe(2 + 1) // and one in the legend
  expect(count(picture, '<rect class="bar"')).toBe(2 + 1)
  expect(picture).toContain('>waiting</text>')
  expect(picture).toContain('2 events, 3 reactions, 31 ms')
})

it('tells failed attempts and dead letters, whatever signs are in their error', () => {
  const failed = { what: 'failed', attempt: 1, afterMs: 15, error: 'Error: <no> & "never"' }
  const once = { ...waiting('fraud.screen-order'), state: 'retrying', history: [failed, failed] }
  const trying = drawStory({ ...story, events: [{ ...placed, reactions: [once] }] }, AGAIN)
  expect(trying).toContain('failed 2 times: &lt;no&gt; &amp; &quot;never&quot;')
  expect(trying).toContain('1 event, 1 reaction, 15 ms') // until the latest of them
  const dead = { what: 'dead', attempt: 2, afterMs: 18, error: 'Unrecoverable: no such mailbox' }
  const given = { ...waiting('fraud.screen-order'), state: 'dead', history: [failed, dead] }
  const picture = drawStory({ ...story, events: [{ ...placed, reactions: [given] }] }, AGAIN)
  expect(picture).toContain('dead letter: no such mailbox')
  expect(count(picture, '<g class="failed"><path class="cross"')).toBe(1 + 1) // and one in the legend
  expect(count(picture, '<g class="dead"><path class="cross"')).toBe(1)
  expect(picture).not.toContain('>dead</text>')
})

it('writes an event on the left of its dot where the next one needs the room', () => {
  const next = { ...reserved, id: 'c', type: 'stock.released', afterMs: 33 }
  const picture = drawStory({ ...story, events: [placed, reserved, next] }, AGAIN)
  expect(picture).toMatch(/text-anchor="end">stock\.reserved</)
  expect(picture).not.toMatch(/text-anchor="end">stock\.released</)
})

it('makes a lane higher where names need more than one row', () => {
  const events = [0, 1, 2, 400].map((afterMs) => ({ ...placed, id: `e${afterMs}`, afterMs, reactions: [] }))
  const picture = drawStory({ ...story, events }, AGAIN)
  expect(picture).toContain('height="60"')
  expect(count(picture, '>order.placed</text>')).toBe(4)
})

it('writes no duration upon another one of its lane', () => {
  const slow = (afterMs: number, durationMs: number) => ({ ...handled('order.advance-order', afterMs), durationMs })
  const at = (id: string, ...reactions: StoryReaction[]) => ({ ...placed, id, reactions })
  const events = [at('a', slow(600, 600)), at('b', slow(610, 580)), at('c', slow(700, 400)), at('d', slow(700, 400))]
  const picture = drawStory({ ...story, events }, AGAIN)
  const texts = [...picture.matchAll(/x="([\d.]+)" [^>]*class="inside"[^>]*>([^<]+)</g)]
  expect(texts.map(([, , words]) => words)).toEqual(['580 ms', '400 ms'])
  expect(Number(texts[1]![1]) - Number(texts[0]![1])).toBeGreaterThan(40)
})

it('says at its foot what draws it', () => expect(drawStory(story, AGAIN)).toContain(`>${AGAIN}</text>`))

it('fits both grounds, light and dark', () => {
  expect(drawStory(story, AGAIN)).toContain('@media (prefers-color-scheme: dark)')
})
