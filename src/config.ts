import { type Environment, readEnvironment } from './config/environment.ts';
import * as kinds from './config/kinds.ts';
import { findMisspelt } from './config/misspelt.ts';
import { storageUnder, storageUrl } from './config/storage-url.ts';
import { readTracing, type TracingConfig } from './config/tracing.ts';
import type { StorageLocation } from './storage/location.ts';

const roles = ['gateway', 'worker'] as const;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const keySources = ['JWT_JWKS_URL', 'JWT_PUBLIC_KEY_FILE'];
const claimNames = ['JWT_ISSUER', 'JWT_AUDIENCE'];

export type Role = (typeof roles)[number];
export type LogLevel = (typeof logLevels)[number];

/** How callers prove who they are. */
export type AuthConfig =
  /** They do not: everyone is the same caller, and the server listens on loopback alone. */
  | { readonly kind: 'open' }
  | ({ readonly kind: 'jwks'; readonly url: URL } & TokenClaims)
  /** A PEM (public key or certificate), a JWK or a JWKS. */
  | ({ readonly kind: 'publicKey'; readonly file: string } & TokenClaims);

/** What a token must say of itself. */
type TokenClaims = { readonly issuer: string; readonly audience: string };

/** Who may read `/metrics`: brands and volumes are not for everybody. */
export type MetricsAccess =
  | { readonly kind: 'off' }
  /** Everyone on this machine. */
  | { readonly kind: 'open' }
  | { readonly kind: 'token'; readonly token: string };

export type { TracingConfig };

export type DatabaseConfig =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'server';
      /** For short transactions; a pooler in transaction mode may stand in between. */
      readonly url: string;
      /** PostgreSQL itself, for what needs a session: LISTEN, locks, migrations, long reads. `url` unless given. */
      readonly directUrl: string;
      /** A replica for the long reads of exports; null = they read from `directUrl`. */
      readonly readUrl: string | null;
    };

/** Every setting, checked. What each means is in the README, under Configuration. */
export type Config = {
  readonly host: string;
  /** 0 = a free one; null = a worker that serves nothing. */
  readonly port: number | null;
  /** Without a slash at its end; null = `http://HOST:PORT`, known once the server listens. */
  readonly publicUrl: string | null;
  readonly database: DatabaseConfig;
  readonly dataDir: string;
  readonly storage: StorageLocation;
  readonly roles: ReadonlySet<Role>;
  readonly exportConcurrency: number;
  readonly exportRetentionHours: number;
  readonly downloadUrlTtlSeconds: number;
  /** The first signs, all verify; null = one made once and kept in the database. */
  readonly urlSigningKeys: readonly string[] | null;
  readonly auth: AuthConfig;
  /** Origins besides the server's own; empty = its own alone. */
  readonly allowedOrigins: readonly string[];
  /** Operations and REST calls of one caller; 0 = no limit. */
  readonly rateLimitPerMinute: number;
  readonly graphiql: boolean;
  readonly introspection: boolean;
  readonly metrics: MetricsAccess;
  /** Null = nothing is traced. */
  readonly tracing: TracingConfig | null;
  readonly logLevel: LogLevel;
};

/** The settings are wrong. Every fault is a sentence that names its variable and holds no value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/**
 * Reads the settings from the environment and touches nothing else. An empty one counts as not set,
 * except where a lost secret would open the door.
 * @throws {ConfigError} with every fault at once.
 */
export function loadConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const env = readEnvironment(variables);
  const auth = readAuth(env);
  const open = auth.kind === 'open';
  const dataDir = env.read('DATA_DIR', kinds.path, './.data');
  const host = env.read('HOST', kinds.host, '127.0.0.1');
  const asked = env.read('ROLES', kinds.someOf(roles), new Set(roles));
  const isGateway = asked.has('gateway');
  const config: Config = {
    host,
    // Workers beside a gateway on one machine must not quarrel over a port that nobody has asked for.
    port: env.read('PORT', kinds.wholeNumber(0, 65_535), isGateway ? 4000 : null),
    publicUrl: env.read('PUBLIC_URL', kinds.publicUrl, null),
    database: readDatabase(env),
    dataDir,
    storage: env.read('STORAGE_URL', storageUrl, storageUnder(dataDir)),
    roles: asked,
    exportConcurrency: env.read('EXPORT_CONCURRENCY', kinds.wholeNumber(1, 100), 2),
    exportRetentionHours: env.read('EXPORT_RETENTION_HOURS', kinds.wholeNumber(1, 168), 24),
    // No longer than the longest retention, which is also the longest life that S3 signs for.
    downloadUrlTtlSeconds: env.read('DOWNLOAD_URL_TTL_SECONDS', kinds.wholeNumber(1, 604_800), 900),
    urlSigningKeys: env.readGuarded('URL_SIGNING_KEY', kinds.signingKeys, null),
    auth,
    allowedOrigins: env.read('ALLOWED_ORIGINS', kinds.origins, []),
    // Open there is one caller, on this machine: only what has gone quite wild is stopped.
    rateLimitPerMinute: env.read(
      'RATE_LIMIT_PER_MINUTE',
      kinds.wholeNumber(0, 10_000_000),
      open ? 60_000 : 6_000,
    ),
    graphiql: env.read('GRAPHIQL', kinds.onOrOff, open),
    introspection: env.read('INTROSPECTION', kinds.onOrOff, open),
    metrics: readMetricsAccess(env, open && kinds.isLoopback(host)),
    tracing: readTracing(env),
    logLevel: env.read('LOG_LEVEL', kinds.oneOf(logLevels), 'info'),
  };
  const unauthenticated = !keySources.some(env.has);
  if (isGateway && unauthenticated && !kinds.isLoopback(host)) {
    env.note(
      'HOST must be loopback (127.0.0.0/8, ::1 or localhost) while callers are not authenticated: set JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE to listen elsewhere.',
    );
  }
  const faults = [...env.faults(), ...findMisspelt(variables, env.known())];
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function readMetricsAccess(env: Environment, open: boolean): MetricsAccess {
  const token = env.readGuarded('METRICS_TOKEN', kinds.token, null);
  if (token !== null) return { kind: 'token', token };
  return { kind: open ? 'open' : 'off' };
}

/** The embedded database only when no part of another one is set. */
function readDatabase(env: Environment): DatabaseConfig {
  const url = env.read('DATABASE_URL', kinds.databaseUrl, null);
  const directUrl = env.read('DATABASE_DIRECT_URL', kinds.databaseUrl, null);
  const readUrl = env.read('DATABASE_READ_URL', kinds.databaseUrl, null);
  const others = ['DATABASE_DIRECT_URL', 'DATABASE_READ_URL'].filter(env.has);
  if (others.length > 0 && !env.has('DATABASE_URL')) {
    env.note(`DATABASE_URL must be set, because ${others.join(' and ')} is.`);
  }
  return url === null ? { kind: 'embedded' } : { kind: 'server', url, directUrl: directUrl ?? url, readUrl };
}

/** Open only when no part of authentication is set: half a setting must not open the door. */
function readAuth(env: Environment): AuthConfig {
  const url = env.readGuarded('JWT_JWKS_URL', kinds.keySetUrl, null);
  const file = env.readGuarded('JWT_PUBLIC_KEY_FILE', kinds.path, null);
  const issuer = env.readGuarded('JWT_ISSUER', kinds.words, '');
  const audience = env.readGuarded('JWT_AUDIENCE', kinds.words, '');

  const sources = keySources.filter(env.has);
  const claims = claimNames.filter(env.has);
  if (sources.length === 2) env.note('JWT_JWKS_URL and JWT_PUBLIC_KEY_FILE exclude each other: set one.');
  if (sources.length > 0) {
    for (const name of claimNames) {
      if (!env.has(name)) env.note(`${name} must be set, because ${sources.join(' and ')} is.`);
    }
  } else if (claims.length > 0) {
    env.note(`JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE must be set, because ${claims.join(' and ')} is.`);
  }

  if (url) return { kind: 'jwks', url, issuer, audience };
  if (file) return { kind: 'publicKey', file, issuer, audience };
  return { kind: 'open' };
}
