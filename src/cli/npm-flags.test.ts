import { Option } from 'commander'
import { takenByNpm } from './npm-flags.ts'

const options = [new Option('--dry-run'), new Option('-y, --yes'), new Option('--grace <duration>')]
const npm = { npm_command: 'run' } // 'run-script' before npm 11

it('finds the flags that npm kept for itself', () => {
  const env = { ...npm, npm_config_dry_run: 'true', npm_config_grace: '5m', npm_config_loglevel: 'silent' }
  const taken = takenByNpm(options, ['loyalty.award-points'], env)
  expect(taken?.flags).toEqual(['--dry-run', '--grace=5m'])
  expect(taken?.sentence((rest) => `npm run replay -- ${rest.join(' ')}`, ['loyalty.award-points'])).toMatch(
    /for itself, so nothing was done.*\n {2}npm run replay -- loyalty\.award-points --dry-run --grace=5m$/,
  )
})

it('shows the place of a value that npm has torn off', () => {
  const taken = takenByNpm(options, ['5m'], { ...npm, npm_config_grace: 'true' })
  expect(taken?.sentence((rest) => rest.join(' '), ['5m'])).toMatch(/\n {2}… --grace <duration>$/)
})

it('finds nothing where the flag has arrived', () => {
  const env = { ...npm, npm_config_yes: 'true', npm_config_grace: '5m' }
  expect(takenByNpm(options, ['-y', '--grace=5m'], env)).toBeUndefined()
})

it('does not look at settings of npm where npm did not call', () => {
  expect(takenByNpm(options, [], { npm_command: 'test', npm_config_dry_run: 'true' })).toBeUndefined()
  expect(takenByNpm(options, [], { npm_config_dry_run: 'true' })).toBeUndefined()
})
