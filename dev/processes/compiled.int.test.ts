import { spawnSync } from 'node:child_process'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../project.ts'
import { compile } from './compiled.ts'

const node = (args: string[]) => spawnSync(process.execPath, args, { cwd: PROJECT, encoding: 'utf8' })

it('runs what was compiled without translating anything, and finds the reactions', async () => {
  const program = await compile()
  const { stdout, stderr } = node(program('src/main/worker.ts', '--list', 'fraud'))
  expect(stderr).toBe('')
  expect(stdout).toContain('fraud.screen-order\n')
})

it.each(['api', 'relay', 'scheduler', 'worker'])('makes a program of %s that node can load', async (name) => {
  const program = await compile()
  const { stderr } = node(['--check', program(`src/main/${name}.ts`).at(-1)!])
  expect(stderr).toBe('')
})

it('compiles once for as long as no source changes', async () => {
  const [first, second] = [await compile(), await compile()]
  expect(second('src/main/api.ts')).toEqual(first('src/main/api.ts'))
  const source = path.join(PROJECT, 'src/main/api.ts')
  utimesSync(source, new Date(), new Date())
  const third = await compile()
  expect(third('src/main/api.ts')).not.toEqual(first('src/main/api.ts'))
})

it('names the place in the source in a stack, and the place of what is not TypeScript', async () => {
  const source = path.join(PROJECT, 'sandbox/broken-for-a-test.ts')
  try {
    writeFileSync(source, 'interface Any {\n  thing: string\n}\n\nthrow new Error(`no ${({} as Any).thing}`)\n')
    const { stderr } = node((await compile())('sandbox/broken-for-a-test.ts'))
    expect(stderr).toContain('sandbox/broken-for-a-test.ts:5:7')
    writeFileSync(source, 'const a = = 1\n')
    await expect(compile()).rejects.toThrow(SetupError)
    await expect(compile()).rejects.toThrow('sandbox/broken-for-a-test.ts:1:11')
  } finally {
    rmSync(source)
  }
})
