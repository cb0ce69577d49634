import { planTogether, planWorkers, readScale } from './plan.ts'

const reactions = [
  { name: 'inventory.release-stock', folder: 'inventory' },
  { name: 'inventory.reserve-stock', folder: 'inventory' },
  { name: 'loyalty.award-points', folder: 'loyalty' },
]
const plan = (...wishes: string[]) => planWorkers(reactions, readScale(wishes, reactions))

it('runs one process per folder', () => {
  expect(plan()).toEqual([
    { name: 'worker inventory', reactions: ['inventory'] },
    { name: 'worker loyalty', reactions: ['loyalty'] },
  ])
})

it('gives a scaled reaction exactly so many processes, and the others of its folder theirs', () => {
  expect(plan('inventory.reserve-stock=2')).toEqual([
    { name: 'worker inventory', reactions: ['inventory.release-stock'] },
    { name: 'worker inventory.reserve-stock 1', reactions: ['inventory.reserve-stock'] },
    { name: 'worker inventory.reserve-stock 2', reactions: ['inventory.reserve-stock'] },
    { name: 'worker loyalty', reactions: ['loyalty'] },
  ])
})

it('scales a folder, and the only reaction of one', () => {
  expect(plan('inventory=2', 'loyalty.award-points=2').map(({ name }) => name)).toEqual([
    'worker inventory 1',
    'worker inventory 2',
    'worker loyalty.award-points 1',
    'worker loyalty.award-points 2',
  ])
})

it('runs none of what is scaled to 0', () => {
  expect(plan('inventory=0', 'loyalty.award-points=0')).toEqual([])
})

it('runs all together in one process, but for what is scaled', () => {
  const together = (...wishes: string[]) => planTogether(reactions, readScale(wishes, reactions))
  expect(together()).toEqual([{ name: 'worker', reactions: reactions.map(({ name }) => name), connections: 14 }])
  expect(together('inventory.reserve-stock=2', 'loyalty=0')).toEqual([
    { name: 'worker', reactions: ['inventory.release-stock'], connections: 6 },
    { name: 'worker inventory.reserve-stock 1', reactions: ['inventory.reserve-stock'] },
    { name: 'worker inventory.reserve-stock 2', reactions: ['inventory.reserve-stock'] },
  ])
  expect(together('inventory=0', 'loyalty=0')).toEqual([])
})

it.each(['inventory.reserve-stock', 'inventory=many', '=3', 'inventory=-1'])('refuses %s', (wish) => {
  expect(() => plan(wish)).toThrow('is not of the form inventory.reserve-stock=3')
})

it('refuses a reaction that does not exist, and says which do', () => {
  expect(() => plan('inventory.hide-stock=2')).toThrow(/names no reaction.*loyalty\.award-points/)
})
