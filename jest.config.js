import { availableParallelism } from 'node:os'

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/src',
    '<rootDir>/workers',
    '<rootDir>/test',
    '<rootDir>/dev',
    '<rootDir>/examples',
    '<rootDir>/sandbox',
    '<rootDir>/bench',
  ],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
    // It imports Node's modules when it needs them, which Jest cannot do: a require does the same. The list of countries is ESM alone.
    '/(otlp-exporter-base|iso-3166)/.+\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!@opentelemetry/otlp-exporter-base/|iso-3166/)'],
  setupFiles: ['<rootDir>/src/testing/rows/check-rows.ts'],
  // The generated ESM client loads its WASM query compiler from .mjs files; Jest runs CommonJS: use their .js twins.
  moduleNameMapper: { '^(@prisma/client/runtime/.+)\\.mjs$': '$1.js' },
  // Real services on a machine that may be busy: conditions have deadlines of their own, this is only the last resort.
  testTimeout: 120_000,
  clearMocks: true,
  testSequencer: '<rootDir>/dev/test/slowest-first.mjs',
  // Most tests wait for real services, so that even two cores carry three at once.
  maxWorkers: Math.max(3, availableParallelism() - 1),
}
