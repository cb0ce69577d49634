import { Spectral, type RulesetDefinition } from '@stoplight/spectral-core'
import rulesets from '@stoplight/spectral-rulesets'
import { runTool } from '../check/run-tool.ts'

/** Neither tells anybody of its use, nor looks for newer versions of itself. */
const ALONE = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

/** What Redocly's strict rules and Spectral's rules for OpenAPI find wrong, a line each; a warning is a finding. */
export async function lint(file: string, document: Record<string, unknown>): Promise<string[]> {
  const both = await Promise.all([redocly(file), spectral(document)])
  return both.flat()
}

async function redocly(file: string): Promise<string[]> {
  const { code, output } = await runTool(
    'redocly',
    ['lint', '--extends', 'recommended-strict', '--format', 'stylish', file],
    ALONE,
  )
  return code === 0 ? [] : [output] // its strict rules make every warning an error
}

async function spectral(document: Record<string, unknown>): Promise<string[]> {
  const linter = new Spectral()
  linter.setRuleset({ extends: [[rulesets.oas as RulesetDefinition, 'recommended']] })
  const found = await linter.run(document)
  return found.map(({ code, message, path }) => `Spectral ${code}: ${message} (${path.join('/')})`)
}
