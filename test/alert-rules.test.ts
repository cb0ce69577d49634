// The alerts and the dashboard that ship: they name metrics that exist, lead to sections that exist, and fire when they should.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { measureDeviations } from '#domains/payment'
import { measureBacklog } from '#messaging'
import '#jobs'
import { register } from '#platform/metrics'
import '../src/api/index.ts'

interface Rules {
  groups: { rules: { alert: string; expr: string; annotations: { runbook: string } }[] }[]
}
interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[]
}

const rules = (parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
)
const dashboard = JSON.parse(readFileSync('deploy/grafana/fanfare.json', 'utf8')) as Dashboard

it('every metric of an alert or a panel is one that we tell', () => {
  measureDeviations({} as never)
  measureBacklog({} as never) // it asks the database only when it is read
  const expressions = [...rules, ...dashboard.panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr)
  const named = new Set(expressions.flatMap((expr) => expr.match(/\b(?:fanfare|messaging)_\w+(?![\w=])/g) ?? []))
  const labels = /^messaging_(system|operation_name|destination_name)$/
  const unknown = [...named].filter(
    (name) => !labels.test(name) && !register.getSingleMetric(name.replace(/_(bucket|count|sum)$/, '')),
  )
  expect(named.size).toBeGreaterThan(10)
  expect(unknown).toEqual([])
})

it('every alert leads to a section of the handbook', () => {
  const headings = [...readFileSync('docs/operations.md', 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text]) => text!)
  const anchors = headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = rules.map(({ annotations }) => annotations.runbook.replace('docs/operations.md#', ''))
  expect(links.filter((link) => !anchors.includes(link))).toEqual([])
})

const isThere = spawnSync('promtool', ['--version']).error === undefined
if (!isThere)
  process.stderr.write("NOT TESTED: whether alerts fire. promtool is missing; it is in Debian's package prometheus.\n")

;(isThere ? it : it.skip)('every alert fires when it should, by promtool', () => {
  const told = execFileSync('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: 'deploy/prometheus' }).toString()
  expect(told).toContain('SUCCESS')
  const tried = readFileSync('deploy/prometheus/alerts.test.yml', 'utf8')
  expect(rules.filter(({ alert }) => !tried.includes(`alertname: ${alert}`))).toEqual([])
})
