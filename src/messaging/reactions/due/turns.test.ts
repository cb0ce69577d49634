import { createTurns } from './turns.ts'

function gated() {
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  return { gate, letGo: () => letGo() }
}

/** Works that note their beginning and end when they are let go. */
function works(names: string[]) {
  const told: string[] = []
  const gates = new Map(names.map((name) => [name, gated()]))
  const work = (name: string) => async () => {
    told.push(`${name} begins`)
    await gates.get(name)!.gate
    told.push(`${name} ends`)
  }
  const turnOver = async (...released: string[]) => {
    for (const name of released) gates.get(name)!.letGo()
    for (let i = 0; i < 20; i++) await Promise.resolve()
    return told.splice(0)
  }
  return { work, turnOver }
}

test('what may run side by side does; what must be alone waits for it, and what comes later waits behind', async () => {
  const turns = createTurns()
  const { work, turnOver } = works(['a', 'b', 'only', 'c'])
  const all = [turns.beside(work('a')), turns.beside(work('b')), turns.alone(work('only')), turns.beside(work('c'))]
  expect(await turnOver()).toEqual(['a begins', 'b begins'])
  expect(await turnOver('a')).toEqual(['a ends'])
  expect(await turnOver('b')).toEqual(['b ends', 'only begins'])
  expect(await turnOver('only')).toEqual(['only ends', 'c begins'])
  await turnOver('c')
  await Promise.all(all)
})

test('work that fails lets the next one begin', async () => {
  const turns = createTurns()
  const failing = turns.alone(() => Promise.reject(new Error('no')))
  const fine = turns.alone(() => Promise.resolve('yes'))
  await expect(failing).rejects.toThrow('no')
  expect(await fine).toBe('yes')
})
