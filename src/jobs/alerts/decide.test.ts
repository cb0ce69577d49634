import { decide, type Alert, type Told } from './decide.ts'

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22) + minutes * 60_000)
const alert: Alert = { key: 'lag', sentence: 'The relay is late', since: at(0), runbook: 'docs/operations.md#x' }

/** What was told in each of these minutes, with `found` in some of them. */
function toldIn(minutes: readonly number[], found: (minute: number) => boolean): string[] {
  let memory: Told[] = []
  return minutes.flatMap((minute) => {
    const decision = decide({ alerts: found(minute) ? [alert] : [], unknown: [] }, memory, at(minute))
    const keep = memory.filter(({ key }) => !decision.forget.includes(key))
    memory = [...decision.remember, ...keep.filter(({ key }) => !decision.remember.some((one) => one.key === key))]
    const say = (what: string, all: readonly unknown[]) => (all.length > 0 ? [`${minute} ${what}`] : [])
    return [...say('open', decision.open), ...say('over', decision.over)]
  })
}

const upTo = (minutes: number) => Array.from({ length: minutes + 1 }, (_, minute) => minute)

it('tells a trouble once, and its end when that has lasted', () => {
  expect(toldIn(upTo(20), (minute) => minute >= 1 && minute < 10)).toEqual(['1 open', '12 over'])
})

it('tells again of what lasts for hours', () => {
  expect(toldIn(upTo(500), () => true)).toEqual(['0 open', '240 open', '480 open'])
})

it('is silent while it comes and goes', () => {
  expect(toldIn(upTo(60), (minute) => minute % 2 === 0)).toEqual(['0 open'])
})
