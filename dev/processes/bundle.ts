import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, stop, type BuildFailure, type Plugin } from 'esbuild'
import { PROJECT, SetupError } from '../project.ts'

/** It may be absent. */
const LEFT_OUTSIDE = ['pg-native']
/** What CommonJS packages of a bundle call. Its names must not be those of a source. */
const REQUIRE =
  "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);"

/**
 * Translates programs and puts what they import, packages included, into few files: finding and reading 800 modules one by
 * one takes two thirds of the processor time of a start. Types are not checked.
 * @param final the folder in which `folder` will be in the end
 * @throws SetupError with the place of what is not TypeScript
 */
export async function bundle(programs: readonly string[], folder: string, final: string): Promise<void> {
  try {
    await build({
      absWorkingDir: PROJECT,
      entryPoints: [...programs],
      outdir: folder,
      outbase: PROJECT,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      keepNames: true,
      external: LEFT_OUTSIDE,
      banner: { js: REQUIRE },
      sourcemap: true,
      sourcesContent: false,
      chunkNames: 'shared/[hash]',
      plugins: [placesIn(final), withoutMaps],
      logLevel: 'silent',
    })
  } catch (error) {
    const places = (error as BuildFailure).errors?.map(
      ({ location, text }) => `${location?.file}:${location?.line}:${(location?.column ?? 0) + 1} ${text}`,
    )
    throw places ? new SetupError(`The sources cannot be compiled:\n${places.join('\n')}`, { cause: error }) : error
  } finally {
    await stop()
  }
}

/** A module that asks where it is gets the answer that it would get if it were a file of its own. */
const placesIn = (final: string): Plugin => ({
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/(src|workers|sandbox)\/.*\.ts$/ }, ({ path: file }) => {
      const source = readFileSync(file, 'utf8')
      if (!source.includes('import.meta.')) return undefined
      const place = path.join(final, path.relative(PROJECT, file)).replace(/\.ts$/, '.js')
      const contents = source
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(place)))
        .replaceAll('import.meta.filename', JSON.stringify(place))
      return { contents, loader: 'ts' }
    })
  },
})

/** Stacks name the places of our sources. To name those of the packages too would take 10 MB of each process. */
const withoutMaps: Plugin = {
  name: 'without-maps',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path: file }) => ({
      contents: `${readFileSync(file, 'utf8')}\n//# sourceMappingURL=data:application/json,${mapOfFirstLine(file)}`,
      loader: 'js',
    }))
  },
}

/** What a map leaves out has no place in the source; a map without any place would be ignored. */
const mapOfFirstLine = (file: string) =>
  encodeURIComponent(JSON.stringify({ version: 3, sources: [path.basename(file)], mappings: 'AAAA' }))
