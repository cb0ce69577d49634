import { replan } from './replan.ts'

const worker = (folder: string, ...reactions: string[]) => ({
  name: `worker ${folder}`,
  reactions: reactions.length === 0 ? [folder] : reactions,
})
const known = [worker('loyalty'), worker('order')]
const running = new Set(known.map(({ name }) => name))

it('changes nothing when the same folders are there', () => {
  expect(replan(known, running, [worker('loyalty'), worker('order')])).toEqual({ workers: known, begin: [], end: [] })
})

it('begins a new folder, after those that have their ports', () => {
  const planned = [worker('gifts'), ...known]
  expect(replan(known, running, planned)).toEqual({
    workers: [...known, worker('gifts')],
    begin: [worker('gifts')],
    end: [],
  })
})

it('ends a folder that is gone, and begins it in its old place when it comes back', () => {
  const gone = replan(known, running, [worker('order')])
  expect(gone).toEqual({ workers: known, begin: [], end: ['worker loyalty'] })
  const back = replan(gone.workers, new Set(['worker order']), known)
  expect(back).toEqual({ workers: known, begin: [worker('loyalty')], end: [] })
})

it('begins a process anew that names its reactions, when there are others', () => {
  const all = { name: 'worker', reactions: ['loyalty.thank'] }
  const more = { name: 'worker', reactions: ['gifts.add', 'loyalty.thank'] }
  expect(replan([all], new Set(['worker']), [more])).toEqual({ workers: [more], begin: [more], end: ['worker'] })
})
