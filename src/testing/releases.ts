/**
 * What a test opens is released after it, the last first, whatever has become of the test: Jest ends only when nothing is open.
 * Call it once in a test file, before other `afterEach`.
 */
export function releases(): (release: () => unknown) => void {
  const opened: (() => unknown)[] = []
  afterEach(async () => {
    for (const release of opened.splice(0).reverse()) await release()
  })
  return (release) => void opened.push(release)
}
