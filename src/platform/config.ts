import { z } from 'zod'

/** A mistake of whoever starts the process: printed as one sentence, without a stack trace. */
export class StartupError extends Error {
  override name = 'StartupError'
}

/** Known to everybody: what it seals is only safe from looking at by accident. */
const DEVELOPMENT_KEY = 'de'.repeat(32)

/** 64 hexadecimal digits each; the first seals, all open. */
const keyList = z
  .string()
  .regex(
    /^[0-9a-f]{64}(,[0-9a-f]{64})*$/,
    'must be 64 hexadecimal digits (openssl rand -hex 32), several separated by commas',
  )
  .transform((list) => list.split(','))

/** A URL of one of these protocols. */
export const url = (protocols: string[], example: string) =>
  z.string().refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)), {
    message: `must be a URL such as ${example}`,
  })

const integer = (min: number, max: number) =>
  z.coerce.number(`must be a whole number from ${min} to ${max}`).int().min(min).max(max)

const millisecondsList = z
  .string()
  .regex(/^\d+(,\d+)*$/, 'must be milliseconds separated by commas, such as 1000,5000,30000')
  .transform((list) => list.split(',').map(Number))

const databaseUrl = url(['postgres', 'postgresql'], 'postgresql://user:password@host:5432/fanfare')

const isShare = (text: string) => text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1

/** Of traces. Those with parentbased follow the caller where a request comes with a traceparent; so does reservoir. */
const SAMPLERS = [
  'reservoir',
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const variables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Address at which the API and the metrics are served: this machine alone, unless another one is given (0.0.0.0: every interface). */
  HOST: z.string().default('127.0.0.1'),
  /** Port of the HTTP API. */
  PORT: integer(0, 65_535).default(3000),
  /** One server, a proxy in front of it, a pooler, or several servers of which one is the primary (`host1:5432,host2:5432`). */
  DATABASE_URL: databaseUrl,
  /** For what needs a session of its own (LISTEN, migrations, commands): PostgreSQL itself. Unset: DATABASE_URL. */
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  /** A read replica, for queries of read models; unset: DATABASE_URL answers them too. */
  DATABASE_REPLICA_URL: databaseUrl.optional(),
  /** What DATABASE_URL leads through; see `Pooler` in database.ts. */
  DATABASE_POOLER: z
    .enum(['none', 'transaction', 'transaction-prepared'], 'must be none, transaction or transaction-prepared')
    .default('none'),
  /** What stands behind PAYMENT_GATEWAY_URL. With `live`, test keys may only read the catalogue and ask for quotes. */
  PAYMENT_GATEWAY_MODE: z.enum(['sandbox', 'live'], 'must be sandbox or live').default('sandbox'),
  RABBITMQ_URL: url(['amqp', 'amqps'], 'amqp://user:password@host:5672'),
  REDIS_URL: url(['redis', 'rediss'], 'redis://host:6379'),
  /** Prefix of every exchange and queue name, for several systems on one broker. */
  MESSAGING_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9-]*$/, 'may hold a-z, 0-9 and -')
    .default(''),
  /** Requests a second of one client that the API takes, on the average of ten seconds; more are answered with 429. */
  RATE_PER_CLIENT: integer(1, 1_000_000).default(1_000),
  /** The same from one address, of requests without a key that is known. */
  RATE_PER_ADDRESS: integer(1, 1_000_000).default(20),
  /** Proxies in front of the API, each of which adds the address it was asked from to X-Forwarded-For. */
  TRUSTED_PROXIES: integer(0, 10).default(0),
  /** Folder of the built console, from where the process is started. */
  CONSOLE_FOLDER: z.string().default('console/dist'),
  /** Which release this is, such as a commit: operators see it of each process, and with failures. Empty: the version of the package. */
  FANFARE_RELEASE: z
    .string()
    .regex(/^[\w.+-]{0,64}$/, 'may hold letters, digits and . _ + -, at most 64')
    .default(''),
  /** Connections of one process to PostgreSQL. */
  DATABASE_POOL: integer(1, 200).default(15),
  /** How long the time is whose events one partition of the event store holds, from the next partition on. */
  EVENT_PARTITIONS: z.enum(['day', 'week', 'month'], 'must be day, week or month').default('month'),
  /** Milliseconds after the first, second, … failed attempt; the last one repeats. Up to a fifth is added at random. */
  RETRY_DELAYS: millisecondsList.default([1_000, 5_000, 25_000, 125_000, 600_000]),
  /** A receiver of OpenTelemetry's traces (OTLP over HTTP, JSON). Unset: nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http', 'https'], 'http://127.0.0.1:4318').optional(),
  /** Which traces are recorded: `reservoir` is ReservoirSampler, the others are OpenTelemetry's. */
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`).default('reservoir'),
  /** The share of `traceidratio`. OpenTelemetry's SDK reads it, and takes 1 for what it cannot read. */
  OTEL_TRACES_SAMPLER_ARG: z.string().refine(isShare, 'must be a number from 0 to 1').optional(),
  /** Port for /metrics, /healthz and /readyz of every process; 0 turns it off. Never the port of the API: monitoring is not for callers. */
  METRICS_PORT: integer(0, 65_535).default(0),
  /**
   * Master keys of personal data: the first wraps the keys of persons, all of them unwrap, the last one finds people by their
   * e-mail address. Who loses them loses every name and address.
   */
  PERSONAL_DATA_KEYS: keyList.default([DEVELOPMENT_KEY]),
  /** For tests: a named place in the code where the process kills itself, and at which pass: `relay.after-confirm:3`. */
  CRASH_AT: z
    .string()
    .regex(/^[a-z.-]+(:\d+)?$/, 'must name a crash point, such as relay.after-confirm or relay.after-confirm:3')
    .optional(),
})

const schema = variables.refine(({ NODE_ENV, CRASH_AT }) => NODE_ENV !== 'production' || CRASH_AT === undefined, {
  path: ['CRASH_AT'],
  message: 'makes the process kill itself, for tests; it is refused when NODE_ENV is production',
})

export type Config = Readonly<z.infer<typeof schema>>

/** The way to PostgreSQL for whatever needs a session of its own. */
export const directUrl = ({ DATABASE_URL, DATABASE_DIRECT_URL }: Config) => DATABASE_DIRECT_URL ?? DATABASE_URL

/** Whether names and addresses are sealed with the key that stands in this file. */
export const isDevelopmentKey = ({ PERSONAL_DATA_KEYS: keys }: { readonly PERSONAL_DATA_KEYS: readonly string[] }) =>
  keys.includes(DEVELOPMENT_KEY)

const sealing = variables.pick({ PERSONAL_DATA_KEYS: true })
let known: { raw: string | undefined; keys: readonly string[] } | undefined

/** The master keys, the first for sealing; read again only when the variable has changed. @throws StartupError */
export function personalDataKeys(): readonly string[] {
  const raw = process.env['PERSONAL_DATA_KEYS']
  if (!known || known.raw !== raw) known = { raw, keys: parseEnvironment(sealing).PERSONAL_DATA_KEYS }
  return known.keys
}

type Environment = Record<string, string | undefined>

/**
 * Reads what every process needs from the environment, validated and frozen. Empty strings count as unset.
 * @throws StartupError naming each wrong variable and what it must be
 */
export const readConfig = (environment?: Environment): Config =>
  expectSecrets(expectDirectUrl(parseEnvironment(schema, environment)))

/** What `settings.ts` is made of. @throws StartupError naming each wrong variable and what it must be */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Environment = process.env,
): Readonly<z.infer<z.ZodObject<Shape>>> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = schema.safeParse(given)
  if (parsed.success) return Object.freeze(parsed.data)
  const faults = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.')
    return given[name] === undefined ? `${name} is not set` : `${name} ${message}`
  })
  throw new StartupError(`${faults.join('; ')}. Set it in the environment (.env.example lists every variable).`)
}

/** These variables as they stand there, to be compared. */
export const rawEnvironment = (names: readonly string[]) => JSON.stringify(names.map((name) => process.env[name]))

/** They stand in documentation, examples and images of these services. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  'fanfare',
  'guest',
  'postgres',
  'password',
  'rabbitmq',
  'redis',
  'admin',
  'secret',
  'changeme',
  'test',
])
const WITH_PASSWORD = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_REPLICA_URL',
  'RABBITMQ_URL',
  'REDIS_URL',
] as const

/** A start in production with a password that everybody knows, or with none, is a mistake. */
function expectSecrets(config: Config): Config {
  if (config.NODE_ENV !== 'production') return config
  for (const name of WITH_PASSWORD)
    for (const one of (config[name] ?? '').split(/,(?=\w+:\/\/)/).filter(Boolean)) {
      const fault = faultOf(one)
      if (fault)
        throw new StartupError(`NODE_ENV is production, and ${name} has ${fault}: give that service a secret one.`)
    }
  if (isDevelopmentKey(config))
    throw new StartupError(
      'NODE_ENV is production, and PERSONAL_DATA_KEYS is the key of development, which everybody knows: make one (openssl rand -hex 32).',
    )
  return config
}

function faultOf(url: string): string | undefined {
  if (/[?&]sslcert=/.test(url)) return undefined // the certificate is the secret
  const password = /^\w+:\/\/[^/@]*?:([^/@]+)@/.exec(url)?.[1]
  if (password === undefined) return 'no password'
  return WELL_KNOWN.has(password.toLowerCase()) ? 'a password that everybody knows' : undefined
}

function expectDirectUrl(config: Config): Config {
  if (config.DATABASE_POOLER === 'none' || config.DATABASE_DIRECT_URL) return config
  throw new StartupError(
    `DATABASE_POOLER is ${config.DATABASE_POOLER}, so LISTEN and migrations need a way around the pooler: ` +
      'set DATABASE_DIRECT_URL to PostgreSQL itself.',
  )
}
