/**
 * Who may import whom (docs/architecture.md tells it in short). `test/import-rules.test.ts` plants a violation of
 * each rule, so a rule that has stopped seeing anything is a red build as well.
 *
 * The parser is swc because TypeScript 7 has no compiler API for JavaScript. It sees `import type` and re-exports; it
 * does not see `import('x')` used as a type, which the linter forbids (typescript/consistent-type-imports).
 */
const TEST = '(\\.test\\.ts$|^test/|^src/testing/|^examples/[^/]+/testing/)'
/** Our own code, as opposed to node_modules and Node's modules. */
const OURS = '^(src|workers|dev|examples|sandbox|test|prisma|tools|bench|console)/'
const GENERATED = '^src/generated/'
const PLATFORM = '^src/platform/'
const SETTINGS = '^src/platform/settings\\.ts$'
const MESSAGING_DOOR = '^src/messaging/index\\.ts$'
/** Folders of the core that know no other. */
const MESSAGING_GROUND = '^src/messaging/(event-store|broker|lease|processes)/'
/** Files beside the folders of the core that every folder may use, and that use none of them. All others put folders together. */
const MESSAGING_WORDS =
  '^src/messaging/(cloud-event|crash-points|define-event|errors|metrics|personal-marks|published-by|story)\\.ts$'
const HTTP_DOOR = '^src/http/index\\.ts$'
const GATEWAY_DOOR = '^src/payment-gateway/index\\.ts$'
const EVENTS = '^src/events/'
const PICTURE_DOOR = '^src/picture/index\\.ts$'
const CONTRACT = '^src/admin/contract/'
const DOMAIN_DOORS = '^src/domains/[^/]+/index\\.ts$'

/** `from` may import, of our own code, only what `may` lists. Tests are free. */
const only = (name, comment, from, may) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  to: { path: OURS, pathNot: may },
})

const npm = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`

/** The npm packages `names` belong to the files `allowed`; nobody else in src and workers touches them. */
const reserved = (name, comment, names, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(src|workers)/', pathNot: [TEST, ...allowed] },
  to: { path: npm(...names) },
})

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'resolves',
      comment: 'An import that does not resolve is an error, or every other rule would pass without having looked.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'An imported package stands in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'production-packages',
      comment: 'What runs in production imports no devDependency.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be understood one at a time.',
      severity: 'error',
      from: { pathNot: GENERATED },
      to: { circular: true },
    },
    only('platform-alone', 'platform knows nothing of this repository.', PLATFORM, [PLATFORM, GENERATED]),
    only('messaging-alone', 'The core must carry another domain unchanged.', '^src/messaging/', [
      '^src/messaging/',
      PLATFORM,
      GENERATED,
    ]),
    {
      name: 'messaging-rooms',
      comment:
        'The folders of the core know those that they stand on and no others, so no two of them know each other.',
      severity: 'error',
      from: { path: '^src/messaging/([^/]+)/', pathNot: [TEST, MESSAGING_GROUND, '^src/messaging/deliveries/'] },
      to: {
        path: '^src/messaging/[^/]+/',
        pathNot: ['^src/messaging/$1/', MESSAGING_GROUND, '^src/messaging/deliveries/'],
      },
    },
    {
      name: 'messaging-ground',
      comment: 'What the folders of the core meet in knows none of them; deliveries stand on event store and broker.',
      severity: 'error',
      from: { path: MESSAGING_GROUND, pathNot: TEST },
      to: { path: '^src/messaging/[^/]+/', pathNot: '^src/messaging/$1/' },
    },
    {
      name: 'messaging-deliveries',
      comment: 'Deliveries stand on event store and broker alone.',
      severity: 'error',
      from: { path: '^src/messaging/deliveries/', pathNot: TEST },
      to: { path: '^src/messaging/[^/]+/', pathNot: '^src/messaging/(deliveries|event-store|broker)/' },
    },
    {
      name: 'messaging-words',
      comment:
        'No folder of the core uses a file that puts folders together: the two would know each other through it.',
      severity: 'error',
      from: { path: '^src/messaging/[^/]+/', pathNot: TEST },
      to: { path: '^src/messaging/[^/]+\\.ts$', pathNot: MESSAGING_WORDS },
    },
    {
      name: 'messaging-words-alone',
      comment:
        'What every folder of the core uses must not use one of them, not even through a file that puts them together.',
      severity: 'error',
      from: { path: MESSAGING_WORDS },
      to: { path: '^src/messaging/', pathNot: MESSAGING_WORDS },
    },
    only(
      'http-alone',
      'What a route is has nothing to do with what it is about, or with who serves it.',
      '^src/http/',
      ['^src/http/', PLATFORM, GENERATED],
    ),
    only(
      'gateway-alone',
      'A client of a gateway knows what a reaction may throw, and no domain.',
      '^src/payment-gateway/',
      ['^src/payment-gateway/', MESSAGING_DOOR, PLATFORM, GENERATED],
    ),
    only('events-are-facts', 'Facts need the way to define them, nothing else.', EVENTS, [EVENTS, MESSAGING_DOOR]),
    {
      name: 'events-only-zod',
      comment: 'Facts are described with zod; no other package.',
      severity: 'error',
      from: { path: EVENTS, pathNot: TEST },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: npm('zod') },
    },
    only(
      'domains-are-blind',
      "A domain meets another through events, or through the other's index.ts for an immediate question.",
      '^src/domains/([^/]+)/',
      ['^src/domains/$1/', DOMAIN_DOORS, EVENTS, MESSAGING_DOOR, HTTP_DOOR, GATEWAY_DOOR, PLATFORM, GENERATED],
    ),
    only('jobs', 'Jobs call the doors of the domains.', '^src/jobs/', [
      '^src/jobs/',
      DOMAIN_DOORS,
      EVENTS,
      MESSAGING_DOOR,
      PLATFORM,
      GENERATED,
    ]),
    only('audit', 'The books are compared through the doors.', '^src/audit/', [
      '^src/audit/',
      DOMAIN_DOORS,
      EVENTS,
      MESSAGING_DOOR,
      PLATFORM,
      GENERATED,
    ]),
    only(
      'catalogue',
      'What events there are is told from their definitions, and through the doors.',
      '^src/catalogue/',
      ['^src/catalogue/', EVENTS, MESSAGING_DOOR, HTTP_DOOR, PLATFORM, GENERATED],
    ),
    only('admin', 'What operators ask and do goes through the doors of the core and of the domains.', '^src/admin/', [
      '^src/admin/',
      PICTURE_DOOR,
      DOMAIN_DOORS,
      MESSAGING_DOOR,
      HTTP_DOOR,
      PLATFORM,
      GENERATED,
    ]),
    only('picture-alone', 'A story is drawn from what it is told.', '^src/picture/', ['^src/picture/']),
    only('contract-alone', 'What a browser may read of the server leads to nothing else of it.', CONTRACT, [CONTRACT]),
    only('api', 'The API hosts; what it serves is handed to it by main/api.ts.', '^src/api/', [
      '^src/api/',
      EVENTS,
      MESSAGING_DOOR,
      HTTP_DOOR,
      PLATFORM,
      GENERATED,
    ]),
    only(
      'reactions-are-alone',
      'A reaction imports facts, the doors of domains and of the core, what its settings are declared with, and its own folder: never another reaction.',
      '^workers/([^/]+)/([^/]+)',
      ['^workers/$1/$2/', DOMAIN_DOORS, EVENTS, MESSAGING_DOOR, SETTINGS],
    ),
    {
      name: 'reactions-without-clients',
      comment: 'Brokers, mail servers and gateways are reached through a domain.',
      severity: 'error',
      from: { path: '^workers/', pathNot: TEST },
      to: { dependencyTypes: ['npm', 'npm-dev'], pathNot: npm('zod') },
    },
    {
      name: 'reactions-are-found',
      comment: 'Reactions are found by folder; nobody names one. (Their own tests do.)',
      severity: 'error',
      from: { pathNot: [TEST, '^workers/'] },
      to: { path: '^workers/' },
    },
    only(
      'command-line',
      'An operator works through the doors; the processes are started by their files.',
      '^src/cli/',
      [
        '^src/cli/',
        '^src/(api|audit|catalogue|jobs|picture)/index\\.ts$',
        DOMAIN_DOORS,
        MESSAGING_DOOR,
        HTTP_DOOR,
        PLATFORM,
        GENERATED,
      ],
    ),
    {
      name: 'main-wires-last',
      comment:
        'main/ wires the processes together; nothing imports it but the processes of another domain, and what documents the API.',
      severity: 'error',
      from: { pathNot: [TEST, '^src/main/', '^examples/[^/]+/main/', '^dev/openapi/'] },
      to: { path: '^src/main/' },
    },
    {
      name: 'src-stands-alone',
      comment: 'What runs in production imports nothing of development: no tools, tests, examples or sandboxes.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: TEST },
      to: { path: '^(dev|examples|sandbox|test|prisma|tools|bench|console)/' },
    },
    {
      name: 'testing-in-tests',
      comment: 'Test support is imported by tests only.',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: '^src/testing/' },
    },
    {
      name: 'one-door',
      comment: 'The core has one door, #messaging; only the processes in main/ and scripts reach behind it.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: [TEST, '^src/(messaging|main)/'] },
      to: { path: '^src/messaging/', pathNot: MESSAGING_DOOR },
    },
    reserved(
      'express-in-api',
      'Only the HTTP layer knows express.',
      ['express', 'express-serve-static-core'],
      ['^src/api/', '^src/domains/[^/]+/routes\\.ts$', '^src/main/api\\.ts$'],
    ),
    reserved(
      'stripe-behind-the-port',
      'Only its implementation of the port knows Stripe.',
      ['stripe'],
      ['^src/payment-gateway/stripe/'],
    ),
    reserved('amqplib-in-messaging', 'Only the core speaks AMQP.', ['amqplib'], ['^src/messaging/']),
    reserved('bullmq-in-jobs', 'Only jobs run by the clock.', ['bullmq'], ['^src/jobs/']),
    reserved(
      'redis-at-two-places',
      'Only jobs and the limits of the API know Redis.',
      ['ioredis', 'rate-limiter-flexible'],
      ['^src/jobs/', '^src/api/limits/'],
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', GENERATED] },
    exclude: { path: '^bench/peers/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json', '.d.ts'],
    },
  },
}
