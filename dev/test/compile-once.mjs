// Loaded into each process of Jest before anything else (`--import`). Jest gives each test file a context of its own and compiles
// all that the file imports for it anew. Here a process compiles a file once, and runs the code in every context: modules are still
// evaluated for each test file, which share nothing but code. Whoever runs Jest without this gets the same results, later.
import vm from 'node:vm'

const { compileFunction, Script, SourceTextModule } = vm
const compiled = new Map()

vm.compileFunction = (code, names, options) => {
  const { filename, parsingContext: context } = options ?? {}
  // With --experimental-vm-modules Jest answers each import() of the code, for which it has to know the context.
  if (!context || !filename || SourceTextModule) return compileFunction(code, names, options)
  return scriptOf(code, names, filename).runInContext(context)
}

function scriptOf(code, names, filename) {
  const known = compiled.get(filename)
  if (known?.code === code) return known.script
  const head = `(function (${names.join(', ')}) {`
  const script = new Script(`${head}${code}\n})`, { filename, columnOffset: -head.length })
  compiled.set(filename, { code, script })
  return script
}
