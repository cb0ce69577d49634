/** What node needs to run TypeScript: Node 20 needs tsx, newer ones run it as it is. */
export const TYPESCRIPT = runsTypeScript() ? ['--disable-warning=ExperimentalWarning'] : ['--import', 'tsx']

function runsTypeScript(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript)
}
