import { z } from 'zod'
import { StartupError } from './config.ts'
import { checkSettings, declaredSettings, defineSettings, url } from './settings.ts'

const settings = defineSettings({
  PARTNER_URL: url(['https'], 'https://partner.example'),
  PARTNER_RETRIES: z.coerce.number('must be a whole number').int().default(3),
})
beforeEach(() => {
  process.env['PARTNER_URL'] = 'https://partner.example/v1'
  process.env['PARTNER_RETRIES'] = ''
})

it('are read, checked and frozen; an empty string is none', () => {
  expect(settings()).toEqual({ PARTNER_URL: 'https://partner.example/v1', PARTNER_RETRIES: 3 })
  expect(Object.isFrozen(settings())).toBe(true)
  expect(checkSettings).not.toThrow()
})

it('are read again when they have changed, and only then', () => {
  const before = settings()
  expect(settings()).toBe(before)
  process.env['PARTNER_RETRIES'] = '5'
  expect(settings().PARTNER_RETRIES).toBe(5)
})

it('are told all at once, in one sentence, when they are wrong', () => {
  delete process.env['PARTNER_URL']
  process.env['PARTNER_RETRIES'] = 'many'
  const sentence =
    /^PARTNER_URL is not set; PARTNER_RETRIES must be a whole number\. Set it in the environment [^\n]+\.$/
  for (const read of [checkSettings, settings]) {
    expect(read).toThrow(StartupError)
    expect(read).toThrow(sentence)
  }
})

it('belong to one folder', () => {
  expect(() => defineSettings({ PARTNER_URL: z.string() })).toThrow('PARTNER_URL is declared already')
  expect(declaredSettings()).toEqual({ PARTNER_URL: '', PARTNER_RETRIES: '3' })
})
