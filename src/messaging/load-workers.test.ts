import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(__dirname, '../..')
const HEAD = `import { defineProjection, defineReaction } from '#messaging'\nimport { OrderPlaced } from '#events'\n`
const HANDLE = 'handle: () => null'

const reaction = (fields: string) => `${HEAD}export default defineReaction({ name: 'mail.broken', ${fields} })\n`

const projection = (fields: string) => `${HEAD}export default defineProjection({ name: 'mail.broken', ${fields} })\n`

const broken: [what: string, source: string, sentence: RegExp][] = [
  ['no handle', reaction('on: OrderPlaced'), /broken\.ts: Reaction 'mail\.broken' needs one of handle and handleBatch/],
  ['both', reaction(`on: OrderPlaced, ${HANDLE}, handleBatch: async () => []`), /handleBatch, and has both\.$/],
  [
    'an undefined event',
    reaction(`on: [OrderPlaced, undefined], ${HANDLE}`),
    /not an event type \(undefined, number 2/,
  ],
  ['no event', reaction(`on: [], ${HANDLE}`), /is on no event: name one in `on`\.$/],
  ['the same event twice', reaction(`on: [OrderPlaced, OrderPlaced], ${HANDLE}`), /names an event type twice\.$/],
  [
    'an unknown option',
    reaction(`on: OrderPlaced, ${HANDLE}, batchsize: 3`),
    /unknown option 'batchsize'; there are: /,
  ],
  ['an unknown retry option', reaction(`on: OrderPlaced, ${HANDLE}, retry: { attemps: 3 }`), /'retry\.attemps'; there/],
  [
    'ordered with a call',
    reaction(`on: OrderPlaced, ${HANDLE}, ordered: true, call: () => 1`),
    /is ordered, so it has/,
  ],
  [
    'history for what acts outside',
    reaction(`on: OrderPlaced, ${HANDLE}, call: () => 1, from: 'beginning'`),
    /acts outside of the database .* run fanfare replay mail\.broken/,
  ],
  ['a projection without tables', projection('on: OrderPlaced, apply: () => null'), /owns no tables: say in/],
  [
    'a projection with an unknown option',
    projection(`on: OrderPlaced, tables: ['CREATE TABLE a ()'], apply: () => null, batchsize: 1`),
    /Projection 'mail\.broken' has an unknown option 'batchsize'; there are: /,
  ],
  ['a projection on nothing', projection(`on: undefined, tables: ['x'], apply: () => null`), /is not an event type/],
  [
    'no default export',
    'export const a = 1\n',
    /broken\.ts must export a reaction or a projection as its default: export default/,
  ],
  [
    'a plain object',
    `export default { name: 'mail.broken', on: [] }\n`,
    /must export a reaction or a projection as its default/,
  ],
  [
    'another name',
    reaction(`on: OrderPlaced, ${HANDLE}`).replace('mail.broken', 'mail.other'),
    /must be named 'mail\.b/,
  ],
  [
    'an event that is not there',
    `import { OrderPlacd } from '#events'\nexport default OrderPlacd\n`,
    /cannot be loaded: /,
  ],
  ['a syntax error', `export default defineReaction({\n`, /broken\.ts cannot be loaded: /],
  ['an error at load', `throw new Error('no such thing')\n`, /broken\.ts cannot be loaded: Error: no such thing$/],
]

// Within the project, so that the names it imports by are resolved. Loaded by Node itself, as the processes do it.
let folder: string
beforeAll(() => {
  mkdirSync(path.join(root, '.fanfare'), { recursive: true })
  folder = mkdtempSync(path.join(root, '.fanfare/load-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('says in one sentence what is wrong with a file under workers/, and names the file', () => {
  broken.forEach(([, source], index) => {
    mkdirSync(path.join(folder, `${index}/mail`), { recursive: true })
    writeFileSync(path.join(folder, `${index}/mail/broken.ts`), source)
  })
  const script = `
    import { findReactions, loadReactions } from '#messaging'
    const said = []
    for (let index = 0; index < ${broken.length}; index++)
      said.push(await loadReactions(findReactions(\`${folder}/\${index}\`)).then(() => ['loaded'], (e) => [e.name, e.message]))
    console.log(JSON.stringify(said))`
  writeFileSync(path.join(folder, 'load.ts'), script)
  const run = spawnSync(process.execPath, ['--import', 'tsx', path.join(folder, 'load.ts')], {
    encoding: 'utf8',
    cwd: root,
  })
  expect(run.stderr).toBe('')
  const said = JSON.parse(run.stdout) as [name: string, message: string][]
  broken.forEach(([what, , sentence], index) => {
    const [name, message] = said[index]!
    expect([what, name, message]).toEqual([what, 'StartupError', expect.stringMatching(sentence)])
    expect(message).not.toContain('\n')
  })
})
