// Adds the event, reaction and test of docs/reactions.md to a copy of the project's shape, and runs that test there.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { blocksOf, ROOT } from './readme-blocks.ts'

mkdirSync(path.join(ROOT, '.fanfare'), { recursive: true })
const project = mkdtempSync(path.join(ROOT, '.fanfare', 'readme-'))
const files = blocksOf('docs/reactions.md', 'ts').map((source) => ({ source, file: /^\/\/ (\S+)\n/.exec(source)![1]! }))

function copyProject() {
  for (const file of ['package.json', '.oxlintrc.json', '.dependency-cruiser.cjs', '.prettierrc.json'])
    cpSync(path.join(ROOT, file), path.join(project, file))
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(project, 'node_modules'))
  writeFileSync(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: files.map(({ file }) => file) }),
  )
  cpSync(path.join(ROOT, 'src'), path.join(project, 'src'), { recursive: true })
  for (const { file, source } of files) {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true })
    writeFileSync(path.join(project, file), source)
  }
  appendFileSync(path.join(project, 'src/events/index.ts'), "export * from './gift.ts'\n")
}

copyProject()
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the first reaction of docs/reactions.md', () => {
  // Registers the tests that the document shows.
  createRequire(__filename)(path.join(project, 'workers/loyalty/add-gift.int.test.ts'))

  it.each([
    ['types', 'tsc', '--noEmit', '--project', '.'],
    ['format', 'prettier', '--check', '--ignore-path', '/dev/null', ...files.map(({ file }) => file)],
    ['lint', 'oxlint', '--no-ignore', ...files.map(({ file }) => file)],
    ['import rules', 'depcruise', 'src/events/gift.ts', 'workers/loyalty/add-gift.ts'],
  ])('passes the check of %s', (_name, tool, ...args) => {
    const ran = spawnSync(path.join(ROOT, 'node_modules/.bin', tool), args, { cwd: project, encoding: 'utf8' })
    expect({ code: ran.status, output: ran.status === 0 ? '' : ran.stdout + ran.stderr }).toEqual({
      code: 0,
      output: '',
    })
  })
})
