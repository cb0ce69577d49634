import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../project.ts'
import { bundle } from './bundle.ts'
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

it('loads what sends traces, which is left until it is asked for', async () => {
  const program = await compile()
  const nowhere = '://127.0.0.1:1'
  const urls = { DATABASE_URL: `postgres${nowhere}/none`, RABBITMQ_URL: `amqp${nowhere}`, REDIS_URL: `redis${nowhere}` }
  const env = { ...process.env, ...urls, OTEL_EXPORTER_OTLP_ENDPOINT: `http${nowhere}` }
  const { stderr } = spawnSync(process.execPath, program('src/main/worker.ts', 'nobody'), { env, encoding: 'utf8' })
  expect(stderr).toMatch(/^No reaction, projection or folder is called nobody/) // said after it has begun to trace
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
  mkdirSync(path.join(PROJECT, '.fanfare'), { recursive: true })
  const folder = path.relative(PROJECT, mkdtempSync(path.join(PROJECT, '.fanfare/bundle-'))) // none that others compile
  const [source, made] = [`${folder}/broken.ts`, path.join(PROJECT, folder, 'made')]
  try {
    writeFileSync(
      path.join(PROJECT, source),
      'interface Any {\n  thing: string\n}\n\nthrow new Error(`no ${({} as Any).thing}`)\n',
    )
    await bundle([source], made, made)
    const { stderr } = node(['--enable-source-maps', path.join(made, folder, 'broken.js')])
    expect(stderr).toContain(`${folder}/broken.ts:5:7`)
    writeFileSync(path.join(PROJECT, source), 'const a = = 1\n')
    await expect(bundle([source], made, made)).rejects.toThrow(SetupError)
    await expect(bundle([source], made, made)).rejects.toThrow(`${folder}/broken.ts:1:11`)
  } finally {
    rmSync(path.join(PROJECT, folder), { recursive: true })
  }
})
